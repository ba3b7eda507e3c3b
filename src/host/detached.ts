import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { MachineError } from '../core/errors.ts';

export interface DetachedOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Given on standard input, which is then closed. */
  readonly input: string;
  /** Standard error goes to the end of this file (0600). */
  readonly errorLog: string;
  /** Milliseconds to wait for the first line. */
  readonly timeout: number;
}

/**
 * Starts a process in a session of its own that outlives this one, and resolves with the first line it writes on standard
 * output, which tells how its start went. Throws `PROCESS_FAILED` when it ends or is silent until `timeout` before that.
 */
export async function startDetached(file: string, args: readonly string[], options: DetachedOptions): Promise<string> {
  const log = await open(options.errorLog, 'a', 0o600);
  try {
    const child = spawn(file, [...args], {
      cwd: options.cwd,
      env: options.env as NodeJS.ProcessEnv,
      detached: true,
      windowsHide: true,
      stdio: ['pipe', 'pipe', log.fd],
    });
    child.stdin?.on('error', () => {}); // it ended before it read: told by its exit
    child.stdin?.end(options.input);
    child.unref();
    return await firstLine(child, file, options);
  } finally {
    await log.close();
  }
}

function firstLine(child: ReturnType<typeof spawn>, file: string, { timeout, errorLog }: DetachedOptions): Promise<string> {
  const said = Promise.withResolvers<string>();
  const fail = (reason: string, cause?: unknown) =>
    said.reject(new MachineError('PROCESS_FAILED', `${file} ${reason} before it said how its start went; see ${errorLog}`, { cause }));
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
    fail(`was silent for ${timeout} ms`);
  }, timeout);
  let text = '';
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    const end = text.indexOf('\n');
    if (end >= 0) said.resolve(text.slice(0, end));
  });
  child.once('error', (error) => fail(`could not be started (${error.message})`, error));
  child.once('close', (code, signal) => fail(`ended (${signal ?? `exit code ${code}`})`));
  return said.promise.finally(() => {
    clearTimeout(timer);
    child.stdout?.destroy();
  });
}
