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
  const { reason, exitCode } = translate(error.message, command, kind);
  return { error: new EngineError(exitCode === 128 ? 500 : 400, `${prefixes[kind]}${reason}`, { cause: error }), exitCode };
}

const prefixes = {
  run: 'failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ',
  exec: 'OCI runtime exec failed: exec failed: unable to start container process: ',
} as const;

/** crun 1.8 and 1.21 differ in their words. */
function translate(message: string, command: string, kind: 'run' | 'exec'): { reason: string; exitCode: number } {
  const quoted = JSON.stringify(command);
  const during = kind === 'run' ? 'error during container init: ' : '';
  const because = (reason: string, exitCode: number) => ({ reason: `${during}${reason}`, exitCode });
  // Of the host's hierarchy, whatever error it is: nothing about the command.
  if (message.includes('/sys/fs/cgroup/')) return { reason: `unable to apply cgroup configuration: ${message}`, exitCode: 128 };
  const directory = /^chdir to `(.*)`: No such file or directory/.exec(message)?.[1];
  if (directory !== undefined)
    return { reason: `chdir to cwd (${JSON.stringify(directory)}) set in config.json failed: no such file or directory`, exitCode: 127 };
  if (/executable file .* not found in \$PATH|cannot find `.*` in \$PATH/i.test(message)) {
    return command.includes('/')
      ? because(`exec: ${quoted}: stat ${command}: no such file or directory`, 127)
      : because(`exec: ${quoted}: executable file not found in $PATH`, 127);
  }
  if (/not a regular file|^open executable: (Operation not permitted|Is a directory)/i.test(message)) {
    return because(`exec: ${quoted}: is a directory: permission denied`, 126);
  }
  if (/not executable|permission denied/i.test(message)) return because(`exec: ${quoted}: permission denied`, 126);
  if (/exec format error/i.test(message)) return because(`exec ${command}: exec format error`, 128);
  if (/not a directory/i.test(message)) {
    const hint =
      'Are you trying to mount a directory onto a file (or vice-versa)? Check if the specified host path exists and is the expected type';
    return because(`${message.replace('Not a directory', 'not a directory')}: ${hint}`, 127);
  }
  if (/^open executable: No such file|^executable .*No such file/i.test(message))
    return because(`exec: ${quoted}: stat ${command}: no such file or directory`, 127);
  if (/no such file or directory/i.test(message)) return because(message.replace('No such', 'no such'), 127);
  return because(message, 128);
}
