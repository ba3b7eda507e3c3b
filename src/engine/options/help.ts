import { type Flag, flags } from './flags.ts';

/** `dockerd --help`: usage and every option, laid out as dockerd's. */
export function helpText(): string {
  const rows = flags.map(
    (flag) =>
      [
        `      ${flag.short === undefined ? '    ' : `-${flag.short}, `}--${flag.name}${word(flag)}`.replace(/^ {6}-/, '  -'),
        describe(flag),
      ] as const,
  );
  const width = Math.max(...rows.map(([left]) => left.length)) + 3;
  const lines = rows.map(([left, right]) => `${left.padEnd(width)}${right}`);
  return `\nUsage:  dockerd [OPTIONS]\n\nA self-sufficient runtime for containers.\n\nOptions:\n${lines.join('\n')}\n`;
}

function word(flag: Flag): string {
  if (flag.kind === 'bool') return '';
  return ` ${flag.word ?? flag.kind}`;
}

function describe(flag: Flag): string {
  if (flag.default === undefined || flag.default === false) return flag.help;
  return `${flag.help} (default ${typeof flag.default === 'string' && flag.kind === 'string' ? JSON.stringify(flag.default) : flag.default})`;
}
