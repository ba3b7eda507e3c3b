import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomic } from '../core/atomic-file.ts';
import { systemCode } from '../core/errors.ts';
import { makeFolder } from '../core/folder.ts';

/** Undefined when there is no such file. */
export async function readPem(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Key first (0600), then certificate (0644): a certificate in its place always has its key. */
export async function writePair(paths: { certificate: string; key: string }, pair: { certificate: string; key: string }): Promise<void> {
  for (const path of [paths.key, paths.certificate]) await makeFolder(dirname(path));
  await writeFileAtomic(paths.key, pair.key, 0o600);
  await writeFileAtomic(paths.certificate, pair.certificate, 0o644);
}
