/** SSH's binary forms of keys: RFC 4251 strings and mpints, RFC 4253 "ssh-rsa", RFC 8709 "ssh-ed25519". */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/** `ssh-rsa AAAA…` without a comment, from a public key in PEM. */
export function rsaPublicLine(publicKey: string): string {
  const { n = '', e = '' } = createPublicKey(publicKey).export({ format: 'jwk' });
  const blob = Buffer.concat([sshString('ssh-rsa'), mpint(Buffer.from(e, 'base64url')), mpint(Buffer.from(n, 'base64url'))]);
  return `ssh-rsa ${blob.toString('base64')}`;
}

export interface Ed25519HostKey {
  /** dropbear's private key file: string "ssh-ed25519", string of seed and public key. */
  readonly dropbear: Uint8Array;
  /** OpenSSH public key line. */
  readonly publicLine: string;
}

export function newEd25519HostKey(): Ed25519HostKey {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { d = '', x = '' } = privateKey.export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  const secret = Buffer.concat([Buffer.from(d, 'base64url'), publicKey]);
  return { dropbear: Buffer.concat([sshString('ssh-ed25519'), sshString(secret)]), publicLine: ed25519Line(publicKey) };
}

/** The same kind of key for OpenSSH's server. */
export function newOpenSshHostKey(): { readonly privateKey: string; readonly publicLine: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { x = '' } = privateKey.export({ format: 'jwk' });
  return { privateKey: openSshPrivateKey(privateKey), publicLine: ed25519Line(Buffer.from(x, 'base64url')) };
}

/** The public line of a file in dropbear's format. */
export function dropbearPublicLine(file: Uint8Array): string {
  const type = Buffer.from(file.subarray(4, 15)).toString('latin1');
  if (file.length !== 83 || type !== 'ssh-ed25519')
    throw new Error(`expected a dropbear ed25519 key of 83 bytes, found ${file.length} bytes`);
  return ed25519Line(Buffer.from(file.subarray(51)));
}

/** The public key line of a blob that a server showed. */
export function publicLineOf(blob: Buffer): string {
  const type = blob.subarray(4, 4 + blob.readUInt32BE(0)).toString('latin1');
  return `${type} ${blob.toString('base64')}`;
}

/** `SHA256:…` as ssh-keygen -l prints it. */
export function fingerprint(publicLine: string): string {
  const blob = Buffer.from(publicLine.split(' ')[1] ?? '', 'base64');
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** An Ed25519 private key in OpenSSH's own format, not encrypted (PROTOCOL.key). */
export function openSshPrivateKey(key: KeyObject): string {
  const { d = '', x = '' } = key.export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  const blob = Buffer.concat([sshString('ssh-ed25519'), sshString(publicKey)]);
  const secret = Buffer.concat([Buffer.from(d, 'base64url'), publicKey]);
  const check = Buffer.alloc(8); // the same number twice: shows a right passphrase, where there is one
  const pair = Buffer.concat([check, blob, sshString(secret), sshString('')]);
  const padding = Buffer.from([1, 2, 3, 4, 5, 6, 7]).subarray(0, -pair.length & 7);
  const one = Buffer.from([0, 0, 0, 1]);
  const parts = [sshString('none'), sshString('none'), sshString(''), one, sshString(blob), sshString(Buffer.concat([pair, padding]))];
  const body = Buffer.concat([Buffer.from('openssh-key-v1\0'), ...parts]).toString('base64');
  return `-----BEGIN OPENSSH PRIVATE KEY-----\n${body.replace(/.{70}/g, '$&\n')}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

function ed25519Line(publicKey: Buffer): string {
  return `ssh-ed25519 ${Buffer.concat([sshString('ssh-ed25519'), sshString(publicKey)]).toString('base64')}`;
}

function sshString(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A positive number: a zero byte in front when the first bit is set. */
function mpint(bytes: Buffer): Buffer {
  return sshString((bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.alloc(1), bytes]) : bytes);
}
