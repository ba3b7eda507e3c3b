import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createCleartextMessage, generateKey, sign } from 'openpgp';

/** A Debian archive of one package, signed by a key made here, served on 127.0.0.1. */
export interface LocalArchive {
  /** Base URL of the main archive; `<url>-security` serves security updates. */
  readonly url: string;
  readonly publicKey: string;
  /** Path → bytes: tests change what they like. */
  readonly files: Map<string, Buffer>;
  /** Signs a release text as the archive does. */
  sign(text: string): Promise<string>;
  readonly requests: string[];
  close(): Promise<void>;
}

export const sha256 = (data: Uint8Array): string => createHash('sha256').update(data).digest('hex');

export async function startArchive(): Promise<LocalArchive> {
  const { privateKey, publicKey } = await generateKey({ type: 'curve25519', userIDs: [{ name: 'Test Archive' }], format: 'object' });
  const signText = async (text: string) => sign({ message: await createCleartextMessage({ text }), signingKeys: privateKey });
  const files = new Map<string, Buffer>();
  const deb = Buffer.from('!<arch>\na package, as far as checksums go');
  const packages = ['kernel', 'linux-image-1-test', 'hello'].map((name) => paragraph(name, deb)).join('\n');
  await addSuite(files, '/debian/dists/trixie', packages, signText);
  await addSuite(files, '/debian-security/dists/trixie-security', '', signText);
  files.set('/debian/pool/hello.deb', deb);
  files.set('/debian/pool/linux-image-1-test.deb', deb);
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    const found = files.get(request.url ?? '');
    response.writeHead(found ? 200 : 404).end(found);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/debian`;
  return { url, publicKey: publicKey.armor(), files, sign: signText, requests, close: () => closeServer(server) };
}

function paragraph(name: string, deb: Buffer): string {
  const depends = name === 'kernel' ? 'Depends: linux-image-1-test (= 1)\n' : '';
  return `Package: ${name}\nVersion: 1\n${depends}Filename: pool/${name}.deb\nSize: ${deb.length}\nSHA256: ${sha256(deb)}\n`;
}

async function addSuite(files: Map<string, Buffer>, folder: string, packages: string, signText: (text: string) => Promise<string>) {
  const xz = execFileSync('xz', ['-c'], { input: packages });
  files.set(`${folder}/main/binary-amd64/by-hash/SHA256/${sha256(xz)}`, xz);
  const text = `Suite: test\nDate: ${new Date().toUTCString()}\nSHA256:\n ${sha256(xz)} ${xz.length} main/binary-amd64/Packages.xz\n`;
  files.set(`${folder}/InRelease`, Buffer.from(await signText(text)));
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((closed) => {
    server.close(() => closed());
    server.closeAllConnections();
  });
