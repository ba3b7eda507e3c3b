import type { FlagValues } from '../../driver/flags.ts';
import type { CliFlag } from './cli-flag.ts';
import { parseGoBool, parseGoInt } from './go-values.ts';

/**
 * A flag's value from its environment variable. Empty and unreadable ones count as not set, as in docker-machine. Lists are
 * split at commas and trimmed (docker-machine read its own lists so, but never its drivers').
 */
export function environmentValue(spec: CliFlag, env: Readonly<Record<string, string | undefined>>): FlagValues[string] | undefined {
  const text = spec.env === undefined ? undefined : env[spec.env];
  if (text === undefined || text === '') return undefined;
  if (spec.type === 'bool') return parseGoBool(text);
  if (spec.type === 'int') return parseGoInt(text);
  if (spec.type === 'strings') return text.split(',').map((part) => part.trim());
  return text;
}
