import { closeSync } from 'node:fs';
import { bind, check } from './libc.ts';

// Numbers of the calls, equal on all architectures (asm-generic/unistd.h); glibc wraps them only since 2.36.
const SYS_pidfd_open = 434;
const SYS_pidfd_getfd = 438;

const syscall3 = bind<[number, number, number, number]>('long syscall(long number, long a, long b, long c)');

/** Duplicates another process's descriptor into this one. Throws SyscallError (ESRCH, EBADF, EPERM). */
export function takeDescriptor(pid: number, fd: number): number {
  const pidfd = check('pidfd_open', String(pid), syscall3(SYS_pidfd_open, pid, 0, 0));
  try {
    return check('pidfd_getfd', `${fd} of ${pid}`, syscall3(SYS_pidfd_getfd, pidfd, fd, 0));
  } finally {
    closeSync(pidfd);
  }
}
