import { MachineError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { CliFlag } from './cli-flag.ts';

/** The command line is wrong: told in one line, with the nearest right word, exit code 1 (docker-machine: mostly 0). */
export function usageError(message: string, hint?: string): MachineError {
  return new MachineError('USAGE', message, hint === undefined ? {} : { hint });
}

export function unknownFlag(word: string, specs: readonly CliFlag[]): MachineError {
  return usageError(`flag provided but not defined: -${word}`, flagHint(word, specs));
}

function flagHint(word: string, specs: readonly CliFlag[]): string | undefined {
  const letters = [...word];
  const isShort = (letter: string) => specs.some((spec) => spec.short === letter || spec.name === letter);
  if (letters.length > 1 && letters.every(isShort)) return `Short flags stand alone: ${letters.map(dashed).join(' ')}`;
  const names = specs.filter((spec) => !spec.hidden && spec.name.length > 1).map((spec) => spec.name);
  const near = nearest(word, [...names, 'help']);
  return near && `Did you mean ${dashed(near)}?`;
}

/** `--name`, or `-y` for a flag of one letter. */
export function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}
