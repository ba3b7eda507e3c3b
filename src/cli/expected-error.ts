import { isMachineError } from '../core/errors.ts';

/** Ours, or what the operating system refused (a full disk, a missing right): the user can act on it. Anything else is a bug. */
export function isExpected(error: unknown): error is Error {
  return isMachineError(error) || (error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string');
}
