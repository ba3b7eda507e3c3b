import { constants } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';

/** Copies a private key: 0600 from its first byte, whole or not at all. Gives the target. */
export async function copyKey(source: string, target: string): Promise<string> {
  const half = `${target}.new`;
  await rm(half, { force: true });
  const file: FileHandle = await open(half, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    await file.writeFile(await readFile(source));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(half, target);
  return target;
}
