import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable, Writable } from 'node:stream';
import { MachineError, systemCode } from '../core/errors.ts';

export interface AttachedStreams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly signal: AbortSignal;
}

/**
 * Runs a program with the user's own streams, its terminal included. Gives its exit code, 128 + number when a signal ended it.
 * Throws `PROGRAM_NOT_FOUND`, the signal's reason when aborted (the program is asked to end).
 */
export async function runAttached(file: string, args: readonly string[], streams: AttachedStreams): Promise<number> {
  const { stdin, stdout, stderr, signal } = streams;
  signal.throwIfAborted();
  const child = spawn(file, args, { stdio: [handleOf(stdin), handleOf(stdout), handleOf(stderr)] });
  if (child.stdin) stdin.pipe(child.stdin.on('error', () => {})); // a program that does not read
  child.stdout?.pipe(stdout, { end: false });
  child.stderr?.pipe(stderr, { end: false });
  const abort = () => void child.kill();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, name) => resolve(code ?? 128 + (name === null ? 0 : constants.signals[name])));
    });
  } catch (error) {
    if (systemCode(error) === 'ENOENT')
      throw new MachineError('PROGRAM_NOT_FOUND', `${file} is not installed or not on PATH`, { cause: error });
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    if (child.stdin) stdin.unpipe(child.stdin).pause();
    signal.throwIfAborted();
  }
}

/** A stream of the process itself is handed on as it is; any other goes through a pipe. */
function handleOf(stream: Readable | Writable): number | 'pipe' {
  const { fd } = stream as { fd?: unknown };
  return typeof fd === 'number' ? fd : 'pipe';
}
