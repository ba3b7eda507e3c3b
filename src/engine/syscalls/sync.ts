import { closeSync, openSync } from 'node:fs';
import { bind, check } from './libc.ts';

const syncfs = bind<[number]>('int syncfs(int fd)');

/** Writes everything of the file system that holds `path` to its disk. */
export function syncFileSystem(path: string): void {
  const fd = openSync(path, 'r');
  try {
    check('syncfs', path, syncfs(fd));
  } finally {
    closeSync(fd);
  }
}
