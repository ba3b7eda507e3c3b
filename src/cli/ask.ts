import { createInterface } from 'node:readline';
import type { ProgramInput } from './session.ts';

/**
 * Asks a question whose answer is one word of a line of stdin, as docker-machine does: yes begins with y. Undefined at the end
 * of input. Works the same with and without a terminal.
 */
export async function askYesNo(input: ProgramInput, question: string): Promise<boolean | undefined> {
  input.out.write(question);
  const lines = createInterface({ input: input.stdin });
  try {
    const answer = await firstLine(lines, input.signal);
    return answer === undefined ? undefined : /^\s*y/i.test(answer);
  } finally {
    lines.close();
    input.stdin.pause();
  }
}

export function firstLine(lines: ReturnType<typeof createInterface>, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    lines.once('line', resolve);
    lines.once('close', () => resolve(undefined));
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
