import { X509Certificate } from 'node:crypto';
import { parseCertificate } from './inspect.ts';

/** The certificates of a PEM file that may hold several, each as a PEM text of its own. Throws CERTIFICATE_UNREADABLE for none. */
export function certificatesIn(pem: string, path: string): string[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0) parseCertificate(pem, path); // says what is wrong
  return found.map((text) => `${text}\n`);
}

/** Several PEM files as one, in their order, each certificate once. A single one is kept byte for byte. */
export function bundleOf(first: string, ...others: readonly string[]): string {
  if (others.length === 0) return first;
  const unique = new Map<string, string>();
  for (const pem of [first, ...others])
    for (const text of certificatesIn(pem, 'bundle')) unique.set(new X509Certificate(text).fingerprint256, text);
  return [...unique.values()].join('');
}

/** SHA-256 fingerprints (`AA:BB:…`) of the certificates of a PEM file, in their order. */
export function fingerprintsOf(pem: string, path: string): string[] {
  return certificatesIn(pem, path).map((text) => parseCertificate(text, path).fingerprint256);
}
