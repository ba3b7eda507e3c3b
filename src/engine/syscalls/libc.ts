import koffi from 'koffi';

/**
 * The C library, loaded once. Binding a call costs ~0.1 ms and calling it well under a microsecond, where the program of
 * the same name costs a fork and an exec (45 to 110 ms in a VM without hardware virtualisation).
 */
const libc = koffi.load('libc.so.6');

/** A failed system call: `code` is the errno's name, as in Node's own system errors. */
export class SyscallError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;

  constructor(syscall: string, errno: number, detail: string) {
    const code = ERRNO_NAMES.get(errno) ?? `errno ${errno}`;
    super(`${syscall} ${detail}: ${code}`);
    this.name = 'SyscallError';
    this.code = code;
    this.errno = errno;
    this.syscall = syscall;
  }
}

const ERRNO_NAMES = new Map(Object.entries(koffi.os.errno).map(([name, value]) => [value, name]));

/** Binds one function by its C prototype. */
export function bind<Args extends unknown[]>(prototype: string): (...args: Args) => number {
  return libc.func(prototype) as unknown as (...args: Args) => number;
}

/** Like `bind`, but each call runs on a thread of the pool and tells its result to the callback that comes last. */
export function bindAsync<Args extends unknown[]>(
  prototype: string,
): (...args: [...Args, (error: Error | null, result: number) => void]) => void {
  const bound = libc.func(prototype) as unknown as { async(...args: unknown[]): void };
  return (...args) => bound.async(...args);
}

/** Calls, and throws SyscallError when the result is negative. */
export function check(syscall: string, detail: string, result: number): number {
  if (result < 0) throw new SyscallError(syscall, koffi.errno(), detail);
  return result;
}
