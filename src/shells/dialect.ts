import { MachineError } from '../core/errors.ts';

/** How one shell writes environment variables and comments. */
export interface Dialect {
  /** As given to --shell. */
  readonly name: string;
  /** Begins a line the shell skips. */
  readonly comment: string;
  /** Throws SHELL_CANNOT_CARRY for a value the shell has no safe way to write. */
  set(variable: string, value: string): string;
  unset(variable: string): string;
  /** How the user evaluates the output of a command; `words` are the command line. Throws SHELL_CANNOT_CARRY. */
  evaluate(words: readonly string[]): string;
}

export function cannotCarry(shell: string, what: string, value: string): MachineError {
  return new MachineError('SHELL_CANNOT_CARRY', `${shell} cannot take a value with ${what}: ${JSON.stringify(value)}`, {
    hint: 'Use a store path (--storage-path) of ordinary characters, or another --shell',
  });
}

/** The same in every shell, quoted or not. */
export const isPlainWord = (word: string): boolean => /^[A-Za-z0-9_+=:./-]+$/.test(word);
