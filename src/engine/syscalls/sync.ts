import { open } from 'node:fs/promises';
import { promisify } from 'node:util';
import { bindAsync } from './libc.ts';

const syncfs = promisify(bindAsync<[number]>('int syncfs(int fd)'));

/** Writes everything of the file system that holds `path` to its disk. May take long: runs on a thread of its own. */
export async function syncFileSystem(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    const result = await syncfs(folder.fd);
    // errno stays with the thread that made the call
    if (result !== 0) throw new Error(`syncfs of ${path} failed: not everything reached the disk`);
  } finally {
    await folder.close();
  }
}
