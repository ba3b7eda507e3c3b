import { MachineError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import type { CliFlag } from './cli-flag.ts';

/** The command line is wrong: told in one line, with the nearest right word, exit code 1 (docker-machine: mostly 0). */
export function usageError(message: string, hint?: string): MachineError {
  return new MachineError('USAGE', message, hint === undefined ? {} : { hint });
}

export function unknownFlag(word: string, specs: readonly CliFlag[]): MachineError {
  const visible = specs.filter((spec) => !spec.hidden);
  const near = nearest(word, [...visible.map((spec) => spec.name), 'help']);
  return usageError(`flag provided but not defined: -${word}`, near && `Did you mean ${dashed(near)}?`);
}

/** `--name`, or `-y` for a flag of one letter. */
export function dashed(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}
