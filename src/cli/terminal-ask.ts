/** Questions of the library, on the keyboard and stderr. */
import { createInterface } from 'node:readline';
import type { Question } from '../machine/api.ts';
import { firstLine } from './ask.ts';
import { interrupted } from './interrupt.ts';
import type { ProgramInput } from './session.ts';

/** A secret is not shown. Ctrl-C stops the program, Ctrl-D is no answer. */
export function askOnTerminal(input: ProgramInput, { text, secret }: Question): Promise<string | undefined> {
  return secret ? askSecret(input, text) : askLine(input, text);
}

async function askLine(input: ProgramInput, text: string): Promise<string | undefined> {
  input.stderr.write(text);
  const lines = createInterface({ input: input.stdin });
  try {
    return await firstLine(lines, input.signal);
  } finally {
    lines.close();
    input.stdin.pause();
  }
}

function askSecret({ stdin, stderr, signal }: ProgramInput, text: string): Promise<string | undefined> {
  const answer = Promise.withResolvers<string | undefined>();
  let typed = '';
  const stopped = () => answer.reject(signal.reason);
  const read = (chunk: Buffer | string) => {
    for (const character of chunk.toString()) {
      if (character === '\r' || character === '\n') answer.resolve(typed);
      else if (character === '\u0003') answer.reject(interrupted('SIGINT'));
      else if (character === '\u0004') answer.resolve(undefined);
      else if (character === '\u007f' || character === '\b') typed = typed.slice(0, -1);
      else typed += character;
    }
  };
  stderr.write(text);
  stdin.setRawMode?.(true);
  stdin.on('data', read).resume();
  signal.addEventListener('abort', stopped, { once: true });
  return answer.promise.finally(() => {
    signal.removeEventListener('abort', stopped);
    stdin.off('data', read).pause();
    stdin.setRawMode?.(false);
    stderr.write('\n');
  });
}
