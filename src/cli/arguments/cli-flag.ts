import type { FlagSpec, FlagValues } from '../../driver/flags.ts';

/** A flag of a command or of the program, as data: parser, help, completion and oclif read the same. */
export interface CliFlag extends FlagSpec {
  /** One letter, without the dash. */
  readonly short?: string;
  /** Accepted, but not in help texts. */
  readonly hidden?: boolean;
}

/** What the argument layer made of a command's words. */
export interface ParsedArguments {
  /** Every flag of the command: given, from the environment, or its default. */
  readonly values: FlagValues;
  /** Flags on the command line, by long name. */
  readonly given: ReadonlySet<string>;
  readonly names: readonly string[];
  /** -h, -help or --help was among the flags. */
  readonly help: boolean;
}

export const boolFlag = (values: FlagValues, name: string): boolean => values[name] === true;

export function stringsFlag(values: FlagValues, name: string): readonly string[] {
  const value = values[name];
  return Array.isArray(value) ? (value as readonly string[]) : [];
}
