import { constants } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './errors.ts';

/**
 * Writes a file so that a reader, a crash or a power cut sees the old content or the new one, never a part: temporary file
 * beside it, fsync, rename, fsync of the folder. The mode is set before the first byte. Last writer wins.
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array, mode = 0o600): Promise<void> {
  const temporary = `${path}.tmp-${process.pid}-${crypto.randomUUID().slice(0, 8)}`;
  try {
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode);
    try {
      await file.chmod(mode); // the umask may have taken bits away
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await renameOver(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Windows refuses to replace a file that another process has open for a moment (virus scanners): try again for a second. */
async function renameOver(from: string, to: string, tries = 20): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const code = systemCode(error);
    if (tries === 0 || (code !== 'EPERM' && code !== 'EACCES' && code !== 'EBUSY') || process.platform !== 'win32') throw error;
    await new Promise((resolve) => setTimeout(resolve, 50));
    await renameOver(from, to, tries - 1);
  }
}

/** Makes a rename durable. Windows cannot open folders; its file systems journal the rename. */
export async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle | undefined;
  try {
    folder = await open(path, 'r');
    await folder.sync();
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'EISDIR' && code !== 'EPERM' && code !== 'EINVAL' && code !== 'EACCES') throw error;
  } finally {
    await folder?.close();
  }
}
