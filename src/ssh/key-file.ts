import { readFile, stat } from 'node:fs/promises';
import { MachineError, messageOf, systemCode } from '../core/errors.ts';
import type { Platform } from '../host/platform.ts';

export interface KeyFile {
  readonly path: string;
  readonly text: string;
  readonly encrypted: boolean;
}

/** A private key's file. Throws `SSH_KEY` when it is missing, readable by others (not checked on Windows), or not a key. */
export async function readKeyFile(path: string, platform: Platform): Promise<KeyFile> {
  let text: string;
  try {
    const { mode } = await stat(path);
    if (platform.os !== 'win32' && (mode & 0o077) !== 0)
      throw keyError(`permissions 0${(mode & 0o777).toString(8)} for '${path}' are too open`, `chmod 600 '${path}'`);
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw keyError(systemCode(error) === 'EACCES' ? `'${path}' is not readable` : messageOf(error));
  }
  if (!/BEGIN [A-Z ]*PRIVATE KEY/.test(text)) throw keyError(`'${path}': expected a private key, found something else`);
  const encrypted = /^Proc-Type: 4,ENCRYPTED|BEGIN ENCRYPTED PRIVATE KEY/m.test(text) || (openSshHeader(text)?.cipher ?? 'none') !== 'none';
  return { path, text, encrypted };
}

/** The plain part of OpenSSH's own format: magic, cipher, kdf, its options, number of keys, the public key (PROTOCOL.key). */
export function openSshHeader(text: string): { cipher: string; publicKey: Buffer } | undefined {
  const body = /BEGIN OPENSSH PRIVATE KEY-----([^-]*)-----END/.exec(text)?.[1];
  if (body === undefined) return undefined;
  const bytes = Buffer.from(body, 'base64');
  let at = 15;
  const next = () => {
    const length = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : 0;
    const value = bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
    return value;
  };
  const cipher = next().toString('latin1');
  next();
  next();
  at += 4;
  return { cipher, publicKey: next() };
}

export function keyError(message: string, hint?: string): MachineError {
  return new MachineError('SSH_KEY', message, hint === undefined ? {} : { hint });
}
