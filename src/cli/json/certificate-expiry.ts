import type { StoreCertificate } from '../../machine/api.ts';

/** The certificate, of those that an engine and its clients use, that ends first. */
export interface CertificateExpiry {
  readonly kind: StoreCertificate['kind'];
  readonly notAfter: string;
  readonly daysLeft: number;
}

/** Null when no certificate can be read. */
export function firstExpiry(certificates: readonly StoreCertificate[]): CertificateExpiry | null {
  const readable = certificates.flatMap((certificate) => ('error' in certificate ? [] : [certificate]));
  const [first] = readable.sort((a, b) => Date.parse(a.notAfter) - Date.parse(b.notAfter));
  return first ? { kind: first.kind, notAfter: first.notAfter, daysLeft: first.daysLeft } : null;
}
