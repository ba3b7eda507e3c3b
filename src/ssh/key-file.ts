import { readFile, stat } from 'node:fs/promises';
import { MachineError, messageOf, systemCode } from '../core/errors.ts';
import type { Platform } from '../host/platform.ts';

/**
 * The private key's text. Throws `SSH_KEY` when it is missing, readable by others (not checked on Windows), encrypted, or not a
 * key.
 */
export async function readPrivateKey(path: string, platform: Platform): Promise<string> {
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
  if (/^Proc-Type: 4,ENCRYPTED|BEGIN ENCRYPTED PRIVATE KEY/m.test(text) || isEncryptedOpenSsh(text))
    throw keyError(
      `the private key '${path}' is encrypted; a key without a passphrase is needed`,
      `ssh-keygen -p -f '${path}' takes the passphrase away`,
    );
  if (!/BEGIN [A-Z ]*PRIVATE KEY/.test(text)) throw keyError(`'${path}': expected a private key, found something else`);
  return text;
}

/** OpenSSH's own format: magic, then the cipher's name, "none" when there is no passphrase (PROTOCOL.key). */
function isEncryptedOpenSsh(text: string): boolean {
  const body = /BEGIN OPENSSH PRIVATE KEY-----([^-]*)-----END/.exec(text)?.[1];
  if (body === undefined) return false;
  const bytes = Buffer.from(body, 'base64');
  const length = bytes.length < 19 ? 0 : bytes.readUInt32BE(15);
  return bytes.subarray(19, 19 + length).toString('latin1') !== 'none';
}

function keyError(message: string, hint?: string): MachineError {
  return new MachineError('SSH_KEY', message, hint === undefined ? {} : { hint });
}
