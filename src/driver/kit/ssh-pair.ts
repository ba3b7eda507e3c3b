import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SshKeyPair } from '../context.ts';

let made: { readonly pem: string; readonly publicLine: string } | undefined;

/** A real RSA pair in that folder, the same for all machines of a run: making one takes its time. */
export function testSshPair(folder: string): SshKeyPair {
  made ??= newPair();
  const path = join(folder, 'id_rsa');
  writeFileSync(path, made.pem, { mode: 0o600 });
  return { path, publicLine: made.publicLine };
}

function newPair() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const field = (bytes: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]); // RFC 4251, section 5
  };
  const number = (text: string) => {
    const bytes = Buffer.from(text, 'base64url');
    return field((bytes[0] ?? 0) < 0x80 ? bytes : Buffer.concat([Buffer.of(0), bytes]));
  };
  const blob = Buffer.concat([field(Buffer.from('ssh-rsa')), number(e), number(n)]);
  return { pem: String(privateKey.export({ type: 'pkcs1', format: 'pem' })), publicLine: `ssh-rsa ${blob.toString('base64')}` };
}
