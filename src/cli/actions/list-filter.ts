import type { MachineState } from '../../driver/index.ts';
import type { Machine } from '../../machine/api.ts';
import { usageError } from '../arguments/usage-error.ts';
import { type LoadedMachines, withinTime } from './machine-rows.ts';
import { swarmMaster } from './swarm.ts';

/** Values by key, as --filter gave them: same key ORed, different keys ANDed. */
export type ListFilter = ReadonlyMap<string, readonly string[]>;

/** All machines, and the milliseconds that one's state may take. */
export interface FilterContext {
  readonly all: LoadedMachines;
  readonly timeout: number;
}

type Matcher = (machine: Machine, value: string, context: FilterContext) => boolean | Promise<boolean>;

const sameWord = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

const MATCHERS: Readonly<Record<string, Matcher>> = {
  name: (machine, value) => regexp(value).test(machine.name),
  driver: (machine, value) => sameWord(machine.driverName, value),
  async state(machine, value, { all, timeout }) {
    const state = async () => (await all.stateTogether(machine)) ?? machine.state().catch(() => 'Error' as const);
    return sameWord(await withinTime<MachineState>(timeout, state(), () => 'Timeout'), value);
  },
  swarm: (machine, value, { all }) => sameWord(swarmMaster(machine, all.machines).replace(/ \(master\)$/, ''), value),
  label: (machine, value) => (machine.config.hostOptions.EngineOptions.Labels ?? []).some((label) => labelMatches(label, value)),
};

/** Throws USAGE for a filter without `=` or with an unknown key. */
export function parseListFilter(filters: readonly string[]): ListFilter {
  const parsed = new Map<string, string[]>();
  for (const filter of filters) {
    const equals = filter.indexOf('=');
    if (equals < 0) throw usageError('Unsupported filter syntax', 'A filter is key=value');
    const key = filter.slice(0, equals).trim().toLowerCase();
    if (!(key in MATCHERS)) throw usageError(`Unsupported filter key '${key}'`, `Keys: ${Object.keys(MATCHERS).join(', ')}`);
    parsed.set(key, [...(parsed.get(key) ?? []), filter.slice(equals + 1).trim()]);
  }
  return parsed;
}

export async function filtered(context: FilterContext, filter: ListFilter): Promise<Machine[]> {
  const { machines } = context.all;
  const kept = await Promise.all(machines.map((machine) => matches(machine, filter, context)));
  return machines.filter((_, at) => kept[at]);
}

async function matches(machine: Machine, filter: ListFilter, context: FilterContext): Promise<boolean> {
  for (const [key, values] of filter) {
    const matcher = MATCHERS[key] as Matcher;
    const hits = await Promise.all(values.map((value) => matcher(machine, value, context)));
    if (!hits.includes(true)) return false;
  }
  return true;
}

/** A Go regular expression; JavaScript knows Go's leading `(?i)` as a flag only. */
function regexp(text: string): RegExp {
  const inline = /^\(\?([ims]+)\)/.exec(text);
  try {
    return inline ? new RegExp(text.slice(inline[0].length), inline[1]) : new RegExp(text);
  } catch (error) {
    throw usageError(`error parsing regexp: ${(error as Error).message}`);
  }
}

/** `key=value`, values compared without case; a filter without a value asks for the key alone. */
function labelMatches(label: string, wanted: string): boolean {
  const [key, ...value] = label.split('=');
  const [wantedKey, ...wantedValue] = wanted.split('=');
  if (key !== wantedKey) return false;
  return wantedValue.length === 0 || sameWord(value.join('='), wantedValue.join('='));
}
