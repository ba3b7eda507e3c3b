import { readPem } from './files.ts';
import { isExpired, isSignedBy, isValidFor, keyFits, parseCertificate } from './inspect.ts';

/** In docker-machine's order (the extra names, the addresses, localhost), then the machine's own name. */
export function certificateNames(extra: readonly string[], addresses: readonly string[], machineName: string): string[] {
  return [...new Set([...extra, ...addresses, 'localhost', machineName])];
}

/** Whether the pair is there, belongs together, is signed by this CA, in date, and valid for every name. */
export async function serverCertificateFits(
  files: { caCert: string; certificate: string; key: string },
  names: readonly string[],
  now: number,
): Promise<boolean> {
  const [ca, pem, key] = await Promise.all([readPem(files.caCert), readPem(files.certificate), readPem(files.key)]);
  if (ca === undefined || pem === undefined || key === undefined) return false;
  const certificate = parseCertificate(pem, files.certificate);
  return (
    keyFits(certificate, key) &&
    !isExpired(certificate, now) &&
    isSignedBy(certificate, parseCertificate(ca, files.caCert)) &&
    names.every((name) => isValidFor(certificate, name))
  );
}
