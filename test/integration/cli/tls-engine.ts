/** A mutual-TLS server that answers GET /version, with a certificate of a store's authority. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TlsEngine {
  readonly port: number;
  close(): Promise<void>;
}

export async function startEngine(storePath: string, options: { san?: string; version?: string } = {}): Promise<TlsEngine> {
  const { key, cert } = issue(storePath, options.san ?? 'IP:127.0.0.1');
  const ca = readFileSync(join(storePath, 'certs/ca.pem'));
  const server = createServer({ key, cert, ca, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    response.statusCode = request.url?.endsWith('/version') ? 200 : 404;
    response.end(JSON.stringify({ Version: options.version ?? '1.2.3' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function issue(storePath: string, san: string): { key: Buffer; cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'tsmachine-tls-'));
  try {
    const path = (name: string) => join(folder, name);
    const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/O=test', '-keyout', path('key'), '-out', path('request'));
    writeFileSync(path('extensions'), `subjectAltName=${san}\nextendedKeyUsage=serverAuth\nkeyUsage=digitalSignature,keyEncipherment\n`);
    const authority = ['-CA', join(storePath, 'certs/ca.pem'), '-CAkey', join(storePath, 'certs/ca-key.pem'), '-set_serial', '4711'];
    openssl('x509', '-req', '-in', path('request'), ...authority, '-days', '2', '-extfile', path('extensions'), '-out', path('cert'));
    return { key: readFileSync(path('key')), cert: readFileSync(path('cert')) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
