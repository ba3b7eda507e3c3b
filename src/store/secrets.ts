/**
 * secrets.json in a machine's folder (0600): the secrets its driver was given, and nowhere else. What came from the environment
 * is kept by reference, so that it is stored where its owner keeps it and nowhere twice.
 */
import { writeFileAtomic } from '../core/atomic-file.ts';
import { MachineError, messageOf, systemCode } from '../core/errors.ts';
import { readSmallFile } from '../core/read-file.ts';

/** The value itself, or the environment variable that has it. */
export type SecretSource = { readonly value: string } | { readonly env: string };

/** By the flag's long name. */
export type SecretSources = Readonly<Record<string, SecretSource>>;

/** Bytes. */
const LONGEST = 1 << 20;

/** Empty when there is no file. Throws MACHINE_BROKEN, which never quotes the file. */
export async function readSecrets(path: string): Promise<SecretSources> {
  let text: string;
  try {
    text = await readSmallFile(path, LONGEST);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return {};
    throw broken(path, messageOf(error));
  }
  try {
    return sources((JSON.parse(text) as { secrets?: unknown } | null)?.secrets);
  } catch {
    throw broken(path, 'expected {"formatVersion":1,"secrets":{FLAG:{"value":TEXT}|{"env":NAME}}}');
  }
}

export async function writeSecrets(path: string, secrets: SecretSources): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify({ formatVersion: 1, secrets }, undefined, 2)}\n`, 0o600);
}

function sources(found: unknown): SecretSources {
  const entries = Object.entries(found as object).map(([flag, source]: [string, { value?: unknown; env?: unknown }]) => {
    if (typeof source.value === 'string') return [flag, { value: source.value }] as const;
    if (typeof source.env === 'string') return [flag, { env: source.env }] as const;
    throw new Error(flag);
  });
  return Object.fromEntries(entries);
}

function broken(path: string, reason: string): MachineError {
  return new MachineError('MACHINE_BROKEN', `secrets.json cannot be read: ${reason}`, { hint: `mend ${path}` });
}
