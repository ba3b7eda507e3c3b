import { EngineError } from '../errors.ts';
import { LaunchFailure } from './task.ts';

/** How a failed start ends: the API's answer and the exit code the container (or exec) shows. */
export interface StartFailure {
  error: EngineError;
  exitCode: number;
}

/**
 * Puts crun's words for a start that failed into runc's as dockerd shows them; the docker CLI makes 126 and 127 of "permission
 * denied" and "executable file not found" (moby daemon/errors.go, setExitCodeFromError).
 */
export function startFailure(error: unknown, kind: 'run' | 'exec', command: string): StartFailure {
  if (error instanceof EngineError) return { error, exitCode: 128 };
  if (!(error instanceof LaunchFailure)) {
    return { error: new EngineError(500, error instanceof Error ? error.message : String(error), { cause: error }), exitCode: 128 };
  }
  const { reason, exitCode } = translate(error.message, command);
  const prefix =
    kind === 'run'
      ? 'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: '
      : 'OCI runtime exec failed: exec failed: unable to start container process: ';
  return { error: new EngineError(exitCode === 128 ? 500 : 400, `${prefix}${reason}: unknown`, { cause: error }), exitCode };
}

function translate(message: string, command: string): { reason: string; exitCode: number } {
  const quoted = JSON.stringify(command);
  const during = 'error during container init: ';
  if (/executable file .* not found in \$PATH/.test(message))
    return { reason: `${during}exec: ${quoted}: executable file not found in $PATH`, exitCode: 127 };
  if (/^open executable: No such file|exec container process.*: No such file|^executable .*No such file/i.test(message)) {
    return { reason: `${during}exec: ${quoted}: stat ${command}: no such file or directory`, exitCode: 127 };
  }
  if (/open executable: (Operation not permitted|Is a directory)/i.test(message))
    return { reason: `${during}exec: ${quoted}: is a directory: permission denied`, exitCode: 126 };
  if (/permission denied/i.test(message)) return { reason: `${during}exec: ${quoted}: permission denied`, exitCode: 126 };
  if (/exec format error/i.test(message)) return { reason: `${during}exec ${command}: exec format error`, exitCode: 128 };
  if (/not a directory/i.test(message)) {
    return {
      reason: `${message}: not a directory: Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type`,
      exitCode: 127,
    };
  }
  if (/no such file or directory/i.test(message)) return { reason: `${during}${message.replace(/No such/, 'no such')}`, exitCode: 127 };
  return { reason: `${during}${message}`, exitCode: 128 };
}
