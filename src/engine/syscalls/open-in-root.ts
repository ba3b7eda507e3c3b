import { closeSync, constants, mkdirSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { bind, check } from './libc.ts';

const openat2 = bind<[number, number, string, Buffer, number]>(
  'long syscall(long number, int dirfd, const char *path, const uint8_t *how, size_t size)',
);

/** The same number on every architecture (include/uapi/asm-generic/unistd.h). */
const SYS_OPENAT2 = 437;
const RESOLVE_NO_MAGICLINKS = 0x02;
const RESOLVE_IN_ROOT = 0x10;

/**
 * Opens a path with `root` as its root directory: absolute symlinks and `..` stay inside, whatever a container's processes
 * do to the tree meanwhile (openat2(2), RESOLVE_IN_ROOT). The caller closes the descriptor. Throws SyscallError (ENOENT …).
 */
export function openInRoot(root: string, path: string, flags: number = constants.O_RDONLY, mode = 0): number {
  const how = Buffer.alloc(24);
  how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC), 0);
  how.writeBigUInt64LE(BigInt(mode), 8);
  how.writeBigUInt64LE(BigInt(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS), 16);
  const rootFd = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return check('openat2', path, openat2(SYS_OPENAT2, rootFd, path, how, how.length));
  } finally {
    closeSync(rootFd);
  }
}

const O_CLOEXEC = 0o2000000;
/** O_PATH, which node:fs does not name. */
export const O_PATH = 0o10000000;

/** A text file inside a container's tree, or undefined when there is none. Refuses what is not a regular file, reads at most `limit` bytes. */
export function readFileInRoot(root: string, path: string, limit = 4 << 20): string | undefined {
  let fd: number;
  try {
    fd = openInRoot(root, path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    const code = (error as { code?: string }).code;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined;
    throw error;
  }
  try {
    return readFileSync(fd).subarray(0, limit).toString('utf8');
  } catch (error) {
    if ((error as { code?: string }).code === 'EISDIR') return undefined;
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** Where `path` really is on the host, symlinks followed inside `root`; undefined when it does not exist. */
export function resolveInRoot(root: string, path: string): string | undefined {
  let fd: number;
  try {
    fd = openInRoot(root, path, O_PATH);
  } catch {
    return undefined;
  }
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } finally {
    closeSync(fd);
  }
}

/** Makes a directory and its parents inside `root`, following symlinks inside it. Gives its path on the host. Throws ENOTDIR. */
export function makeDirectoryInRoot(root: string, path: string, mode = 0o755): string {
  let current = root;
  let walked = '';
  for (const part of path.split('/').filter((name) => name !== '' && name !== '.')) {
    walked += `/${part}`;
    const found = resolveInRoot(root, walked);
    if (found === undefined) mkdirSync(`${current}/${part}`, { mode });
    current = found ?? `${current}/${part}`;
  }
  closeSync(openInRoot(root, path, constants.O_RDONLY | constants.O_DIRECTORY));
  return current;
}
