import { MachineError, messageOf } from '../core/errors.ts';
import type { Machine } from '../machine/api.ts';
import type { Session } from './session.ts';

export const DEFAULT_NAME = 'default';

/** The names given, or `default` when none is and that machine exists. */
async function namesOrDefault(session: Session, names: readonly string[]): Promise<readonly string[]> {
  if (names.length > 0) return names;
  if (await (await session.machines()).exists(DEFAULT_NAME)) return [DEFAULT_NAME];
  throw new MachineError('NO_NAME', 'Error: No machine name(s) specified and no "default" machine exists');
}

/** For commands that take no names. */
export function refuseNames(names: readonly string[]): void {
  if (names.length > 0) throw new MachineError('USAGE', `Error: Expected no arguments, found ${JSON.stringify(names[0])}`);
}

/** Runs `work` on the one machine named, or on the default one. */
export async function withOneMachine<T>(session: Session, names: readonly string[], work: (machine: Machine) => Promise<T>): Promise<T> {
  if (names.length > 1) throw new MachineError('USAGE', 'Error: Expected one machine name as an argument');
  const [name = DEFAULT_NAME] = await namesOrDefault(session, names);
  const machine = await (await session.machines()).load(name);
  try {
    return await work(machine);
  } finally {
    await machine.close();
  }
}

/**
 * Runs `work` on all machines named, concurrently. Nothing is done when one of them cannot be loaded; afterwards every error is
 * told, one a line, in the order of the names.
 */
export async function withMachines<T>(session: Session, names: readonly string[], work: (machine: Machine) => Promise<T>): Promise<T[]> {
  const machines = await session.machines();
  const wanted = [...new Set(await namesOrDefault(session, names))];
  const loaded = settled(await Promise.allSettled(wanted.map((name) => machines.load(name))));
  try {
    throwAll(loaded.errors);
    const done = settled(await Promise.allSettled(loaded.values.map(work)));
    throwAll(done.errors);
    return done.values;
  } finally {
    await Promise.all(loaded.values.map((machine) => machine.close()));
  }
}

function settled<T>(results: PromiseSettledResult<T>[]): { values: T[]; errors: unknown[] } {
  const values: T[] = [];
  const errors: unknown[] = [];
  for (const result of results) {
    if (result.status === 'fulfilled') values.push(result.value);
    else errors.push(result.reason);
  }
  return { values, errors };
}

function throwAll(errors: readonly unknown[]): void {
  if (errors.length === 0) return;
  if (errors.length === 1) throw errors[0];
  throw new MachineError('SEVERAL', errors.map(messageOf).join('\n'), { cause: new AggregateError(errors) });
}
