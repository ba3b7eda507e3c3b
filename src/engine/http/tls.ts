import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import type { SecureContextOptions } from 'node:tls';
import type { TlsSettings } from '../options/settings.ts';

/**
 * Certificates from files. The client CA file may hold several certificates (a bundle). Throws Error naming the file that
 * cannot be read.
 */
export function readTls(settings: TlsSettings): SecureContextOptions {
  const read = (path: string, what: string): Buffer => {
    try {
      return readFileSync(path);
    } catch (error) {
      throw new Error(`could not read ${what} ${JSON.stringify(path)}: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
    }
  };
  return {
    minVersion: 'TLSv1.2',
    cert: read(settings.cert, 'TLS certificate'),
    key: read(settings.key, 'TLS key'),
    ...(settings.verify ? { ca: read(settings.ca, 'CA certificate') } : {}),
  };
}

/** Calls back when one of the files changed; polls, because they are replaced by rename. */
export function watchTls(settings: TlsSettings, changed: () => void): () => void {
  const paths = [settings.ca, settings.cert, settings.key];
  for (const path of paths) watchFile(path, { interval: 2000, persistent: false }, changed);
  return () => {
    for (const path of paths) unwatchFile(path, changed);
  };
}
