import { createHash } from 'node:crypto';
import { readCleartextMessage, readKeys, verify } from 'openpgp';
import { MachineError, messageOf } from '../../core/errors.ts';

/** What an archive's signed InRelease says (deb822; https://wiki.debian.org/DebianRepository/Format). */
export interface Release {
  readonly suite: string;
  /** As written by the archive. */
  readonly date: string;
  /** Path below the release's folder → size and SHA-256. */
  readonly files: ReadonlyMap<string, { readonly size: number; readonly sha256: string }>;
}

/**
 * Checks the OpenPGP signature of an InRelease against the archive's keys and its Valid-Until against `now`, and reads only
 * the signed text. One good signature of a known key is enough: archives sign with several keys.
 * Throws `IMAGE_BAD_SIGNATURE`, `IMAGE_RELEASE_EXPIRED`.
 */
export async function verifyRelease(inRelease: string, armoredKeys: readonly string[], now: Date): Promise<Release> {
  const text = await signedText(inRelease, armoredKeys);
  const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(text)?.[1] ?? '';
  const until = field('Valid-Until');
  if (until !== '' && Date.parse(until) < now.getTime())
    throw new MachineError(
      'IMAGE_RELEASE_EXPIRED',
      `the mirror's ${field('Suite')} was valid until ${until}; now it is ${now.toUTCString()}`,
      {
        hint: 'use a mirror that is kept up to date, or set this computer’s clock',
      },
    );
  return { suite: field('Suite'), date: field('Date'), files: readChecksums(text) };
}

async function signedText(inRelease: string, armoredKeys: readonly string[]): Promise<string> {
  try {
    const message = await readCleartextMessage({ cleartextMessage: inRelease });
    const verificationKeys = (await Promise.all(armoredKeys.map((block) => readKeys({ armoredKeys: block })))).flat();
    const { data, signatures } = await verify({ message, verificationKeys });
    await Promise.any(signatures.map((signature) => signature.verified));
    return data;
  } catch (error) {
    const reasons = error instanceof AggregateError ? error.errors.map(messageOf).join('; ') : messageOf(error);
    throw new MachineError('IMAGE_BAD_SIGNATURE', `expected InRelease signed by the Debian archive, found: ${reasons}`, { cause: error });
  }
}

function readChecksums(text: string): Release['files'] {
  const files = new Map<string, { size: number; sha256: string }>();
  const section = /^SHA256:\n((?: .*\n?)*)/m.exec(text)?.[1] ?? '';
  for (const line of section.split('\n')) {
    const [sha256, size, path] = line.trim().split(/\s+/);
    if (sha256 !== undefined && size !== undefined && path !== undefined) files.set(path, { sha256, size: Number(size) });
  }
  return files;
}

/** Throws `IMAGE_BAD_CHECKSUM` (with the file's name) unless size and SHA-256 are the expected ones. */
export function checkFile(name: string, data: Uint8Array, expected: { size: number; sha256: string }): void {
  const found = createHash('sha256').update(data).digest('hex');
  if (found !== expected.sha256 || data.length !== expected.size)
    throw new MachineError(
      'IMAGE_BAD_CHECKSUM',
      `expected ${name} with ${expected.size} bytes and SHA-256 ${expected.sha256}, found ${data.length} bytes and ${found}`,
    );
}
