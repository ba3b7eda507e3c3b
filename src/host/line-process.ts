import { spawn } from 'node:child_process';
import { MachineError, systemCode } from '../core/errors.ts';

export interface LineProcessOptions {
  /** Replaces the environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called with each line, without its end. A line that is longer than `LONGEST_LINE` comes in parts. */
  onLine(stream: 'stdout' | 'stderr', line: string): void;
}

/** A program that talks in lines and runs beside this process. */
export interface LineProcess {
  readonly pid: number;
  /** How it ended: `exit code 2`, `SIGSEGV`. Resolves when its output was read too. */
  readonly ended: Promise<string>;
  /** Ends it at once. Idempotent. */
  kill(): void;
}

export const LONGEST_LINE = 65_536;

/**
 * Starts a program without standard input in a session of its own, so that a terminal's Ctrl-C reaches it through us alone. It
 * does not keep this process from ending. Throws `PROGRAM_NOT_FOUND`, `PROGRAM_NOT_STARTED`.
 */
export async function startLineProcess(file: string, args: readonly string[], options: LineProcessOptions): Promise<LineProcess> {
  const child = spawn(file, [...args], {
    env: options.env as NodeJS.ProcessEnv,
    detached: process.platform !== 'win32', // there it would open a window
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise<string>((resolve) => child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`)));
  for (const stream of ['stdout', 'stderr'] as const) {
    const lines = new LineReader((line) => options.onLine(stream, line));
    child[stream].setEncoding('utf8').on('data', (chunk: string) => lines.push(chunk));
    child[stream].once('end', () => lines.end());
  }
  try {
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
  } catch (error) {
    if (systemCode(error) === 'ENOENT')
      throw new MachineError('PROGRAM_NOT_FOUND', `${file} is not installed or not on PATH`, { cause: error });
    throw new MachineError('PROGRAM_NOT_STARTED', `${file} could not be started: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
  child.on('error', () => {}); // a kill that came too late
  child.unref();
  return { pid: child.pid ?? 0, ended, kill: () => void child.kill('SIGKILL') };
}

class LineReader {
  private readonly give: (line: string) => void;
  private text = '';

  constructor(give: (line: string) => void) {
    this.give = give;
  }

  push(chunk: string): void {
    const lines = (this.text + chunk).split('\n');
    this.text = lines.pop() ?? '';
    for (const line of lines) this.whole(line);
    while (this.text.length > LONGEST_LINE) {
      this.give(this.text.slice(0, LONGEST_LINE));
      this.text = this.text.slice(LONGEST_LINE);
    }
  }

  end(): void {
    if (this.text !== '') this.whole(this.text);
    this.text = '';
  }

  private whole(line: string): void {
    const bare = line.replace(/\r$/, '');
    for (let at = 0; at === 0 || at < bare.length; at += LONGEST_LINE) this.give(bare.slice(at, at + LONGEST_LINE));
  }
}
