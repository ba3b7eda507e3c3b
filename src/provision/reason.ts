import { MachineError } from '../core/errors.ts';
import type { RemoteResult } from '../ssh/remote-shell.ts';

/** What leaves no doubt, whatever else was said. */
const SPACE = /no space left|(not|n't have) enough free space|disk quota exceeded|read-only file system/i;
/** How programs begin or word what went wrong. */
const FAILURE = /^(E|Err|error|fatal)\b|\berror\b|cannot|could not|couldn't|unable to|failed|denied|conflict|not found|no such/i;

/** A failed command of the machine as an error, on one line: `what` failed, and why in the command's words. */
export function remoteFailure(code: 'PACKAGES' | 'PROVISION_FAILED', what: string, result: RemoteResult): MachineError {
  const reason = reasonOf(result);
  const hint = SPACE.test(reason) ? { hint: 'make room on the machine (df -h shows where), and run the same again' } : {};
  return new MachineError(code, `${what}: ${reason}`, hint);
}

/** The lines that tell why, of what may be pages; else the last ones, where package managers put the reason. */
export function reasonOf({ stdout, stderr, exitCode }: RemoteResult): string {
  const lines = `${stdout}\n${stderr}`.split(/[\r\n]+/).flatMap((line) => line.trim() || []);
  const space = lines.find((line) => SPACE.test(line));
  if (space !== undefined) return space;
  const failures = [...new Set(lines.filter((line) => FAILURE.test(line)))];
  const told = failures.length > 3 ? [...failures.slice(0, 2), ...failures.slice(-1)] : failures;
  return (told.length > 0 ? told : lines.slice(-3)).join('; ') || `exit code ${exitCode}, and not a word`;
}
