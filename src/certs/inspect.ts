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

/** From here on a certificate is said to end soon, milliseconds. */
const SOON = 30 * 24 * 3600 * 1000;

export type Validity = 'valid' | 'soon' | 'expired' | 'not yet valid';

/** What people want to know of a certificate. Dates are ISO 8601. */
export interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  readonly notBefore: string;
  readonly notAfter: string;
  /** Whole days until `notAfter`, negative after it. */
  readonly daysLeft: number;
  /** `soon`: less than 30 days are left. */
  readonly validity: Validity;
  /** SHA-256, `AA:BB:…`. */
  readonly fingerprint: string;
  readonly names: readonly string[];
}

export function certificateFacts(certificate: X509Certificate, now: number): CertificateFacts {
  const [from, until] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  const { names, addresses } = alternativeNames(certificate);
  const validity = now > until ? 'expired' : now < from ? 'not yet valid' : until - now < SOON ? 'soon' : 'valid';
  return {
    subject: certificate.subject.replaceAll('\n', ', '),
    issuer: certificate.issuer.replaceAll('\n', ', '),
    notBefore: new Date(from).toISOString(),
    notAfter: new Date(until).toISOString(),
    daysLeft: Math.floor((until - now) / (24 * 3600 * 1000)),
    validity,
    fingerprint: certificate.fingerprint256,
    names: [...names, ...addresses],
  };
}
