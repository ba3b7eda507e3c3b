/** `kill -9` of a command at points spread over its run, and the same command again. */
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface KillableProgram {
  readonly file: string;
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
  readonly milliseconds: number;
}

/** Runs it to its end, or kills it after so many milliseconds. */
export async function runAndKill({ file, words, env, cwd }: KillableProgram, after?: number): Promise<Ended> {
  const begun = performance.now();
  const child = spawn(file, [...words], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = new Promise<Pick<Ended, 'code' | 'signal'>>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  const stop = new AbortController();
  if (after !== undefined)
    void sleep(after, undefined, { signal: stop.signal }).then(
      () => child.kill('SIGKILL'),
      () => {},
    );
  const result = await ended;
  stop.abort();
  return { ...result, output, milliseconds: performance.now() - begun };
}

/** So many fractions of a run, evenly spread with a random shift that a failing test shows. */
export function killPoints(count: number, shift = Math.random()): number[] {
  return Array.from({ length: count }, (_, at) => (at + shift) / count);
}
