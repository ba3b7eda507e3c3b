/**
 * The one error base of the project. `code` is stable and documented in the README; `message` says what was expected and
 * what was found; `hint` is one line that says what to do. Errors without this brand are bugs and print a stack.
 */

const BRAND: unique symbol = Symbol.for('tsmachine.error') as never;

export interface MachineErrorOptions {
  /** What the user can do about it, one line, no trailing period needed. */
  hint?: string;
  cause?: unknown;
  /** Process exit code when it reaches the top: 1 unless said (docker-machine: 3 for a failed pre-create check). */
  exitCode?: number;
}

export class MachineError extends Error {
  readonly [BRAND] = true;
  readonly code: string;
  readonly hint: string | undefined;
  readonly exitCode: number;

  constructor(code: string, message: string, options: MachineErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'MachineError';
    this.code = code;
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? 1;
  }
}

/** True for our errors, also when they come from another copy of the package (a plugin brings its own). */
export function isMachineError(error: unknown): error is MachineError {
  return typeof error === 'object' && error !== null && (error as { [BRAND]?: unknown })[BRAND] === true;
}

/** The `code` of a Node system error (`ENOENT`, `EADDRINUSE` …), else undefined. */
export function systemCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && !isMachineError(error) ? code : undefined;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
