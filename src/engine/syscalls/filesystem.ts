import { bind, check } from './libc.ts';

const mknodat = bind<[number, string, number, number]>('int mknodat(int dirfd, const char *path, unsigned int mode, unsigned long dev)');
const fsetxattr = bind<[number, string, Buffer, number, number]>(
  'int fsetxattr(int fd, const char *name, const uint8_t *value, size_t size, int flags)',
);

const S_IFCHR = 0o020000;

/** The overlay file system's own form of "deleted here": character device 0:0. */
export function makeWhiteout(directoryFd: number, name: string): void {
  check('mknodat', name, mknodat(directoryFd, name, S_IFCHR, 0));
}

export function setAttribute(fd: number, name: string, value: string): void {
  const bytes = Buffer.from(value);
  check('fsetxattr', name, fsetxattr(fd, name, bytes, bytes.length, 0));
}
