import type { CliFlag } from '../arguments/cli-flag.ts';
import { dashed } from '../arguments/usage-error.ts';

/** One flag as docker-machine's help shows it: names, default, TAB, text, environment variable. */
export function flagLine(flag: CliFlag): string {
  const environment = flag.env === undefined ? '' : ` [$${flag.env}]`;
  return `${shape(flag)}\t${flag.help}${environment}`;
}

function shape(flag: CliFlag): string {
  const names = flag.short === undefined ? dashed(flag.name) : `${dashed(flag.name)}, -${flag.short}`;
  if (flag.type === 'bool') return names;
  if (flag.type === 'strings') return `${names} [${dashed(flag.name)} option ${dashed(flag.name)} option]`;
  const shown = flag.secret ? '' : String(flag.default ?? '');
  return shown === '' ? `${names} ` : `${names} "${shown}"`;
}
