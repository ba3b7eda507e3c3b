import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { MachineError, messageOf } from '../core/errors.ts';

/** Throws CERTIFICATE_UNREADABLE naming the file. */
export function parseCertificate(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (error) {
    throw new MachineError('CERTIFICATE_UNREADABLE', `${path}: expected a PEM certificate (${messageOf(error)})`, { cause: error });
  }
}

export function isExpired(certificate: X509Certificate, now: number): boolean {
  return now > Date.parse(certificate.validTo);
}

export function isSignedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

/** Whether the private key (PEM) belongs to the certificate; a text that is no key does not. */
export function keyFits(certificate: X509Certificate, privateKey: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(privateKey));
  } catch {
    return false;
  }
}

/** Whether a TLS client that connects to `name` (address or DNS name) would accept the certificate for it. */
export function isValidFor(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? certificate.checkHost(name, { subject: 'never' }) : certificate.checkIP(name)) !== undefined;
}

/** Addresses and DNS names of the certificate, in its order. */
export function alternativeNames(certificate: X509Certificate): { addresses: string[]; names: string[] } {
  const entries = (certificate.subjectAltName ?? '').split(', ').map((entry) => entry.replaceAll('"', ''));
  const of = (prefix: string) => entries.filter((entry) => entry.startsWith(prefix)).map((entry) => entry.slice(prefix.length));
  return { addresses: of('IP Address:'), names: of('DNS:') };
}
