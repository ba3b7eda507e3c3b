import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';
import type { TlsSettings } from '../options/settings.ts';
import { OptionError } from '../options/values.ts';

/**
 * Certificates from files. The client CA file may hold several certificates (a bundle). Throws OptionError in dockerd's
 * words for a file that cannot be read.
 */
export function readTls({ cert, key, ca, verify }: TlsSettings): SecureContextOptions {
  const pair = `Could not load X509 key pair (cert: ${JSON.stringify(cert)}, key: ${JSON.stringify(key)})`;
  return {
    minVersion: 'TLSv1.2',
    cert: read(cert, pair),
    key: read(key, pair),
    ...(verify ? { ca: read(ca, `could not read CA certificate ${JSON.stringify(ca)}`) } : {}),
  };
}

function read(path: string, what: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'no such file or directory' : message;
    throw new OptionError(`invalid TLS configuration: ${what}: open ${path}: ${reason}`);
  }
}

/** Calls back when one of the files changed; polls, because they are replaced by rename. */
export function watchTls(settings: TlsSettings, changed: () => void): () => void {
  const paths = [settings.ca, settings.cert, settings.key];
  for (const path of paths) watchFile(path, { interval: 2000, persistent: false }, changed);
  return () => {
    for (const path of paths) unwatchFile(path, changed);
  };
}
