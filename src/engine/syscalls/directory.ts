import { closeSync, constants, openSync } from 'node:fs';
import { bind, check } from './libc.ts';

const chdir = bind<[string]>('int chdir(const char *path)');
const fchdir = bind<[number]>('int fchdir(int fd)');

/** Goes to a directory and gives the way back. Use within one synchronous step: the working directory is the process's. */
export function changeDirectory(path: string): () => void {
  const before = openSync('.', constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    check('chdir', path, chdir(path));
  } catch (error) {
    closeSync(before);
    throw error;
  }
  return () => {
    try {
      check('fchdir', 'back', fchdir(before));
    } finally {
      closeSync(before);
    }
  };
}
