import { bind, check } from './libc.ts';

const mkfifo = bind<[string, number]>('int mkfifo(const char *path, unsigned int mode)');

/** Makes a named pipe, mode 0600. Throws SyscallError. */
export function makeFifo(path: string): void {
  check('mkfifo', path, mkfifo(path, 0o600));
}
