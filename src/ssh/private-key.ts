import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import ssh2, { type ParsedKey } from 'ssh2';
import { messageOf } from '../core/errors.ts';
import { type Ask, shownText } from './asking.ts';
import { type KeyFile, keyError, openSshHeader } from './key-file.ts';
import { openSshPrivateKey } from './key-format.ts';

/** Passphrases that fitted, by path of the key: nobody is asked twice in one command. */
export type Passphrases = Map<string, string>;

const TRIES = 3;

/** Throws `SSH_KEY` for a key of a kind or form that is not known, and when nobody gives the right passphrase. */
export async function unlock(file: KeyFile, ask: Ask | undefined, passphrases: Passphrases): Promise<ParsedKey> {
  if (!file.encrypted) return parse(file);
  const before = passphrases.get(file.path);
  if (before !== undefined) return parse(file, before);
  if (!ask)
    throw keyError(
      `the private key '${file.path}' is encrypted, and there is nobody to ask for its passphrase`,
      `add it to ssh-agent (ssh-add '${file.path}'), or take the passphrase away (ssh-keygen -p -f '${file.path}')`,
    );
  for (let tries = 0; tries < TRIES; tries++) {
    const passphrase = await ask({ text: `Passphrase for the key '${shownText(file.path)}': `, secret: true });
    if (!passphrase) break;
    try {
      const key = parse(file, passphrase);
      passphrases.set(file.path, passphrase);
      return key;
    } catch {} // the wrong passphrase: ask again
  }
  throw keyError(`the passphrase given does not open the private key '${file.path}'`);
}

/** The public half, as far as it can be had without a passphrase: of an encrypted PEM file from the `.pub` beside it. */
export async function publicHalf(file: KeyFile): Promise<ParsedKey | undefined> {
  if (!file.encrypted) return parse(file);
  const header = openSshHeader(file.text);
  const key = ssh2.utils.parseKey(header ? header.publicKey : await readFile(`${file.path}.pub`, 'utf8').catch(() => ''));
  return key instanceof Error ? undefined : only(key);
}

function parse({ path, text }: KeyFile, passphrase?: string): ParsedKey {
  let key: ParsedKey | ParsedKey[] | Error;
  try {
    key = ssh2.utils.parseKey(/BEGIN (ENCRYPTED )?PRIVATE KEY/.test(text) ? fromPkcs8(text, passphrase) : text, passphrase);
  } catch (error) {
    key = error as Error;
  }
  if (key instanceof Error) throw keyError(`the private key '${path}' cannot be read: ${messageOf(key)}`);
  return only(key);
}

const only = (key: ParsedKey | ParsedKey[]): ParsedKey => (Array.isArray(key) ? (key[0] as ParsedKey) : key);

/** ssh2 knows no PKCS#8: the same key in a form that it knows. */
function fromPkcs8(text: string, passphrase = ''): string {
  const key = createPrivateKey({ key: text, passphrase });
  if (key.asymmetricKeyType === 'rsa') return key.export({ type: 'pkcs1', format: 'pem' }) as string;
  if (key.asymmetricKeyType === 'ec') return key.export({ type: 'sec1', format: 'pem' }) as string;
  if (key.asymmetricKeyType === 'ed25519') return openSshPrivateKey(key);
  throw new Error(`expected an RSA, ECDSA or Ed25519 key, found ${key.asymmetricKeyType}`);
}
