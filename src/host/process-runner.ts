import type { Readable } from 'node:stream';
import { MachineError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';

export interface RunOptions {
  input?: string | Uint8Array | Readable;
  /** A file to be its stdin; not together with `input`. */
  inputFile?: string;
  cwd?: string;
  /** Replaces the environment; default: the caller's, with the system's own folders at the end of PATH. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds; the child is killed after that and the call throws `PROCESS_TIMEOUT`. */
  timeout?: number;
  signal?: AbortSignal;
  /** Values to hide in the debug log and in errors. */
  secrets?: readonly string[];
  /** Give back a non-zero exit code instead of throwing. */
  allowFailure?: boolean;
}

export interface RunResult {
  exitCode: number;
  stdout: string;
  stderr: string;
}

/** Runs programs by argument list, never through a shell. The only way the library starts one and waits for it. */
export interface ProcessRunner {
  /**
   * Throws `PROGRAM_NOT_FOUND` when there is no such program, `PROCESS_FAILED` (command line and the end of stderr in the
   * message) when it exits with another code than 0, the signal's reason when aborted.
   */
  run(file: string, args: readonly string[], options?: RunOptions): Promise<RunResult>;
}

/** The real runner, on execa, which is loaded at the first call only (its import costs 85 ms). */
export function processRunner(log: Logger): ProcessRunner {
  return {
    async run(file, args, options = {}) {
      const { execa } = await import('execa');
      const shown = mask([file, ...args].join(' '), options.secrets);
      const started = performance.now();
      const result = await execa(file, [...args], {
        reject: false,
        stripFinalNewline: false,
        ...standardInput(options),
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.env === undefined ? callersEnvironment() : { env: options.env as Record<string, string>, extendEnv: false }),
        ...(options.timeout === undefined ? {} : { timeout: options.timeout }),
        ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
      });
      log.debug(`${shown} (exit ${result.exitCode ?? result.signal ?? result.code}, ${Math.round(performance.now() - started)} ms)`);
      if (options.signal?.aborted) throw options.signal.reason;
      if (result.code === 'ENOENT')
        throw new MachineError('PROGRAM_NOT_FOUND', `${file} is not installed or not on PATH`, { cause: result });
      if (result.timedOut) throw new MachineError('PROCESS_TIMEOUT', `${shown} did not end within ${options.timeout} ms`);
      const outcome = { exitCode: result.exitCode ?? 128, stdout: String(result.stdout ?? ''), stderr: String(result.stderr ?? '') };
      if (outcome.exitCode !== 0 && !options.allowFailure) {
        const tail = mask(outcome.stderr.trim().split('\n').slice(-5).join('\n'), options.secrets);
        throw new MachineError(
          'PROCESS_FAILED',
          `${shown} failed with exit code ${outcome.exitCode}: ${tail || outcome.stdout.trim().slice(-500)}`,
        );
      }
      return outcome;
    },
  };
}

/** With the folders of programs such as mke2fs, which Linux distributions keep off an ordinary user's PATH. */
function callersEnvironment(): { env?: { PATH: string } } {
  if (process.platform === 'win32') return {};
  return { env: { PATH: [process.env.PATH ?? '', '/usr/local/sbin', '/usr/sbin', '/sbin'].filter((part) => part !== '').join(':') } };
}

function mask(text: string, secrets: readonly string[] = []): string {
  return secrets.reduce((masked, secret) => (secret === '' ? masked : masked.replaceAll(secret, '***')), text);
}

function standardInput({ input, inputFile }: RunOptions) {
  if (inputFile !== undefined) return { inputFile };
  return input === undefined ? { stdin: 'ignore' as const } : { input };
}
