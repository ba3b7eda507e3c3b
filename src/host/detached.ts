import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { MachineError } from '../core/errors.ts';

export interface DetachedOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Its first line on standard input. */
  readonly input: string;
  /**
   * Called with each line it writes on standard output: what is returned is its next line on standard input; undefined ends the
   * talk, with that line as its result. When this process dies, it reads the end of its input instead.
   */
  reply(line: string): string | undefined;
  /** Standard error goes to the end of this file (0600). */
  readonly errorLog: string;
  /** Milliseconds the talk may take. */
  readonly timeout: number;
}

/**
 * Starts a process in a session of its own that outlives this one, talks with it until it has told how its start went, and
 * resolves with that line. Throws `PROCESS_FAILED` when it ends before, or takes longer than `timeout`; it is killed then.
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
    child.unref();
    return await talk(child, file, options);
  } finally {
    await log.close();
  }
}

function talk(child: ChildProcess, file: string, { input, reply, timeout, errorLog }: DetachedOptions): Promise<string> {
  const said = Promise.withResolvers<string>();
  const { stdin, stdout } = child;
  const fail = (reason: string, cause?: unknown) =>
    said.reject(new MachineError('PROCESS_FAILED', `${file} ${reason} before it said how its start went; see ${errorLog}`, { cause }));
  const timer = setTimeout(() => {
    child.kill('SIGKILL');
    fail(`took more than ${timeout} ms`);
  }, timeout);
  let text = '';
  stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    const lines = (text + chunk).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) {
      const answer = reply(line);
      if (answer === undefined) said.resolve(line);
      else stdin?.write(`${answer}\n`);
    }
  });
  stdin?.on('error', () => {}); // it ended before it read: told by its exit
  stdin?.write(`${input}\n`);
  child.once('error', (error) => fail(`could not be started (${error.message})`, error));
  child.once('close', (code, signal) => fail(`ended (${signal ?? `exit code ${code}`})`));
  return said.promise.finally(() => {
    clearTimeout(timer);
    stdin?.destroy();
    stdout?.destroy();
  });
}
