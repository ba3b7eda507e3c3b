import { dirname } from 'node:path';
import { writeFileAtomic } from '../core/atomic-file.ts';
import { MachineError, messageOf, systemCode } from '../core/errors.ts';
import { makeFolder } from '../core/folder.ts';
import { readSmallFile } from '../core/read-file.ts';

/** Bytes; ca.pem may be the user's, with all the CAs of a company. */
const LIMIT = 1 << 20;

/** Undefined when there is no such file. Throws CERTIFICATE_UNREADABLE for what is no file, or too large. */
export async function readPem(path: string): Promise<string | undefined> {
  try {
    return await readSmallFile(path, LIMIT);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    if (systemCode(error) !== undefined) throw error;
    throw new MachineError('CERTIFICATE_UNREADABLE', `${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** Key first (0600), then certificate (0644): a certificate in its place always has its key. */
export async function writePair(paths: { certificate: string; key: string }, pair: { certificate: string; key: string }): Promise<void> {
  for (const path of [paths.key, paths.certificate]) await makeFolder(dirname(path));
  await writeFileAtomic(paths.key, pair.key, 0o600);
  await writeFileAtomic(paths.certificate, pair.certificate, 0o644);
}
