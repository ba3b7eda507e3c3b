import type { FlagValues } from '../../driver/flags.ts';
import type { CliFlag } from './cli-flag.ts';

/** The same command line in the one form oclif reads without doubt: `--name=value`, then `--`, then the names. */
export function canonicalWords(specs: readonly CliFlag[], values: FlagValues, names: readonly string[]): string[] {
  const flags = specs.flatMap((spec) => {
    const value = values[spec.name];
    if (spec.type === 'bool') return value === true ? [longForm(spec)] : [];
    if (Array.isArray(value)) return value.map((item) => `${longForm(spec)}=${item}`);
    return value === undefined || value === '' ? [] : [`${longForm(spec)}=${value}`];
  });
  return [...flags, '--', ...names];
}

const longForm = (spec: CliFlag) => `--${spec.name}`;
