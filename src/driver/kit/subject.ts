import type { DriverContext } from '../context.ts';
import type { DriverDefinition } from '../contract.ts';
import type { FlagValues } from '../flags.ts';

/** A driver under test, with what only its author knows. */
export interface Subject {
  readonly driver: DriverDefinition;
  /** Values for a `create` that works, also of secret flags; the others have their defaults. */
  readonly flags?: FlagValues;
  /**
   * What exists now of what machines of this driver are made of: ids of servers, keys and disks in a fake of the provider. The
   * checks of what `remove` leaves behind need it.
   */
  leftovers?(): readonly string[] | Promise<readonly string[]>;
  /**
   * Makes the provider refuse the so-manieth change from now on (1: the next), 0: none. For a driver whose calls do not go through its
   * context; those that do are made to fail by the kit.
   */
  failAt?(change: number): void | Promise<void>;
  /** Parts of the context by which the kit's own is replaced: a boot image, a supervisor. */
  context?(own: DriverContext): DriverContext | Promise<DriverContext>;
  /** Milliseconds of one check; default 60,000. */
  readonly timeLimit?: number;
  /** Milliseconds in which a method must give up when its signal is aborted; default 5,000. */
  readonly abortLimit?: number;
  /** Called when all checks are over. */
  close?(): void | Promise<void>;
}

export const TIME_LIMIT = 60_000;
export const ABORT_LIMIT = 5_000;

/** The values that `configure` is given: no secrets. */
export function plainFlags({ driver, flags = {} }: Subject): FlagValues {
  const empty = { string: '', int: 0, bool: false, strings: [] } as const;
  const shown = driver.flags.filter(({ secret }) => !secret);
  return Object.fromEntries(shown.map(({ name, type, default: standard }) => [name, flags[name] ?? standard ?? empty[type]]));
}

/** Values that must not be seen, by flag. */
export function secretValues({ driver, flags = {} }: Subject): ReadonlyMap<string, string> {
  const secrets = driver.flags.filter(({ secret }) => secret).map(({ name }) => [name, String(flags[name] ?? '')] as const);
  return new Map(secrets.filter(([, value]) => value !== ''));
}
