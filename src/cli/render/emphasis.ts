import type { ProgramInput } from '../session.ts';

/** An error's first line in red and what follows dimmed, on a terminal that wants colours; elsewhere as it is. */
export async function emphasised(text: string, { err, platform }: Pick<ProgramInput, 'err' | 'platform'>): Promise<string> {
  const { NO_COLOR: refused = '', TERM: terminal } = platform.env;
  if (!err.isTTY || refused !== '' || terminal === 'dumb') return text;
  const { Chalk } = await import('chalk'); // 16 ms that only a reader of errors waits for
  const chalk = new Chalk({ level: 1 });
  const [first = '', ...rest] = text.split('\n');
  return [chalk.red(first), ...rest.map((line) => (line === '' ? line : chalk.dim(line)))].join('\n');
}
