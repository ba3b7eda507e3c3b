import { isMachineError, messageOf } from '../../core/errors.ts';
import { printable } from '../../core/printable.ts';
import { redacted } from '../../core/redaction.ts';
import { isExpected } from '../expected-error.ts';

/** What the user sees of an error: the message and what to do about it; of a bug also where it is and how to report it. */
export function errorText(error: unknown, debug: boolean): string {
  return printable(redacted(fullText(error, debug))); // it may quote a file or a server
}

function fullText(error: unknown, debug: boolean): string {
  if (isMachineError(error)) {
    const lines = error.hint === undefined ? [error.message] : [error.message, error.hint];
    return (debug ? [...lines, ...causes(error)] : lines).join('\n');
  }
  if (isExpected(error) && !debug) return error.message;
  const stack = error instanceof Error ? (error.stack ?? messageOf(error)) : String(error);
  return `${stack}\nThis is a bug in tsmachine. Please report it with these lines, the command and what it printed with --debug.`;
}

function causes(error: Error): string[] {
  const lines = error.stack === undefined ? [] : [error.stack];
  for (let cause = error.cause; cause instanceof Error; cause = cause.cause) lines.push(`caused by: ${cause.stack ?? cause.message}`);
  return lines;
}
