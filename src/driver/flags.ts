/** A `create` flag of a driver, as data: the host parses, shows help and completes from it. */
export interface FlagSpec {
  /** Long name without dashes: `qemu-memory`. */
  readonly name: string;
  readonly type: 'string' | 'int' | 'bool' | 'strings';
  /** Environment variable read when the flag is not given. */
  readonly env?: string;
  readonly default?: string | number | boolean | readonly string[];
  readonly help: string;
  /** Never shown, logged or written to config.json, and not among the FlagValues: the driver asks `context.secret`. */
  readonly secret?: boolean;
}

/** Every flag of the driver that is no secret, by its long name: given, from the environment, or the default ('' 0 false [] without one). */
export type FlagValues = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Reads a string flag; the host has checked types by the specs, so another type is a bug. */
export function stringFlag(values: FlagValues, name: string): string {
  const value = values[name] ?? '';
  if (typeof value !== 'string') throw new TypeError(`flag ${name}: expected a string, found ${typeof value}`);
  return value;
}

/** Reads an int flag. */
export function intFlag(values: FlagValues, name: string): number {
  const value = values[name] ?? 0;
  if (typeof value !== 'number') throw new TypeError(`flag ${name}: expected a number, found ${typeof value}`);
  return value;
}
