import type { Readable, Writable } from 'node:stream';
import { MachineError } from '../core/errors.ts';

export interface AttachedStreams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  readonly signal: AbortSignal;
}

/**
 * Runs a program with the user's own streams, its terminal included. Gives its exit code, 128 + number when a signal ended it.
 * Throws `PROGRAM_NOT_FOUND`, the signal's reason when aborted.
 */
export async function runAttached(file: string, args: readonly string[], streams: AttachedStreams): Promise<number> {
  const { execa } = await import('execa');
  const { constants } = await import('node:os');
  const { stdin, stdout, stderr, signal } = streams;
  const result = await execa(file, [...args], {
    reject: false,
    buffer: false,
    stdin: hasHandle(stdin) ? stdin : [stdin],
    stdout: hasHandle(stdout) ? stdout : [stdout],
    stderr: hasHandle(stderr) ? stderr : [stderr],
    cancelSignal: signal,
  });
  signal.throwIfAborted();
  if (result.code === 'ENOENT') throw new MachineError('PROGRAM_NOT_FOUND', `${file} is not installed or not on PATH`, { cause: result });
  return result.exitCode ?? 128 + (constants.signals[result.signal ?? 'SIGHUP'] ?? 0);
}

/** A stream of the process itself is handed on as it is; any other goes through a pipe. */
const hasHandle = (stream: Readable | Writable): boolean => typeof (stream as { fd?: unknown }).fd === 'number';
