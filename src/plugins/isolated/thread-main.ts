/** What runs in a driver's thread: loads the driver's package and calls it for the host. */
import { registerHooks } from 'node:module';
import { buffer } from 'node:stream/consumers';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../core/clock.ts';
import { MachineError, messageOf } from '../../core/errors.ts';
import type { DriverContext, HostContext } from '../../driver/context.ts';
import { type DriverDefinition, LIFE_CYCLE } from '../../driver/contract.ts';
import type { FlagSpec, FlagValues } from '../../driver/flags.ts';
import type { Subject } from '../../driver/kit/index.ts';
import type { RunOptions } from '../../host/process-runner.ts';
import { ABILITIES, DEFINITION_ABILITIES, type DriverRoot, type Outcome, type TestedSubject } from './description.ts';
import type { ThreadData } from './driver-thread.ts';
import type { AnyFunction } from './values.ts';
import { type Port, Wire } from './wire.ts';

const { from, module: wanted, entries } = workerData as ThreadData;
const ENTRY = 'tsmachine:driver-package';

// A driver's `tsmachine/driver` is the host's own, wherever its package lies and whatever it brought.
registerHooks({
  resolve(specifier, context, next) {
    const ours = entries[specifier];
    if (ours !== undefined) return { url: ours, shortCircuit: true };
    if (specifier === ENTRY) return next(wanted, { ...context, parentURL: pathToFileURL(from).href });
    return next(specifier, context);
  },
});

let loaded: Promise<DriverDefinition> | undefined;

const root: DriverRoot = {
  async describe() {
    const { contract, name, description, capabilities, flags, ...rest } = await definition();
    const has = (names: readonly string[], found: object) =>
      names.filter((method) => typeof (found as Record<string, unknown>)[method] === 'function');
    const told = JSON.parse(JSON.stringify({ contract, name, description, capabilities, flags }));
    const driver = contract === undefined ? {} : rest.open(noContext, undefined);
    return { ...told, definitionAbilities: has(DEFINITION_ABILITIES, rest), abilities: has(ABILITIES, driver) };
  },
  async states(context, machines) {
    const asked = machines as Parameters<NonNullable<DriverDefinition['states']>>[1];
    return (await definition()).states?.(local(context as HostContext), asked);
  },
  async open(context, state) {
    const driver = (await definition()).open(local(context as DriverContext), state);
    const methods = driver as unknown as Record<string, AnyFunction | undefined>;
    const outcome =
      (method: string) =>
      async (...args: unknown[]): Promise<Outcome> => {
        try {
          const value = await methods[method]?.call(driver, ...args);
          return { state: driver.serialize(), value };
        } catch (error) {
          return { state: driver.serialize(), error };
        }
      };
    const there = [...LIFE_CYCLE, ...ABILITIES].filter((method) => typeof methods[method] === 'function');
    return Object.fromEntries(there.map((method) => [method, outcome(method)]));
  },
  async test(tested, onBegin, onResult) {
    const { conformance } = (await import(entries['tsmachine/driver/kit'] ?? '')) as typeof import('../../driver/kit/index.ts');
    await conformance(await subjectOf(tested), onResult, onBegin);
  },
  ping: async () => {},
};

async function subjectOf(tested: TestedSubject): Promise<Subject> {
  if ('flags' in tested) {
    const driver = await definition();
    return { driver, flags: flagValues(driver.flags, tested.flags) };
  }
  const subject = ((await import(tested.module)) as { default?: Subject }).default;
  if (typeof subject?.driver?.open === 'function') return subject;
  throw new MachineError('DRIVER_INVALID', `${tested.module}: expected a default export that is a Subject of the kit`);
}

/** Values as on a command line; the kit checks the flags' types. */
function flagValues(specs: readonly FlagSpec[], words: readonly string[]): FlagValues {
  const values: Record<string, string | number | boolean | string[]> = {};
  for (const word of words) {
    const [name = '', ...rest] = word.split('=');
    const value = rest.join('=');
    const type = specs.find((spec) => spec.name === name)?.type;
    if (type === undefined || rest.length === 0)
      throw new MachineError('USAGE', `expected NAME=VALUE of one of ${specs.map((spec) => spec.name).join(', ')}, found ${name}`);
    const before = values[name];
    values[name] =
      type === 'int'
        ? Number(value)
        : type === 'bool'
          ? value === 'true'
          : type === 'strings'
            ? [...(Array.isArray(before) ? before : []), value]
            : value;
  }
  return values;
}

function definition(): Promise<DriverDefinition> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<DriverDefinition> {
  const found = ((await import(ENTRY)) as { default?: unknown }).default;
  const exported = ((found as { default?: unknown } | undefined)?.default ?? found) as DriverDefinition | undefined; // CommonJS of a compiler
  if (typeof exported === 'object' && exported !== null && 'contract' in exported) return exported;
  throw new MachineError('DRIVER_INVALID', `${wanted}: expected a default export that is a DriverDefinition, found ${typeof exported}`);
}

/** A driver that is opened to see what it can do is not given anything. */
const noContext = new Proxy({} as DriverContext, {
  get: (_, name) => {
    if (name === 'machineName' || name === 'storePath' || name === 'machineDir') return '';
    return () => {
      throw new Error(`${String(name)} is used by open(), which does no I/O`);
    };
  },
});

/** What must answer at once, or can be had here as well as over there. */
function local<C extends HostContext>(context: C): C {
  const run = async (file: string, args: readonly string[], { input, ...options }: RunOptions = {}) => {
    const stream = typeof input === 'object' && 'pipe' in input; // a stream cannot cross
    return context.runner.run(file, args, { ...options, ...(input === undefined ? {} : { input: stream ? await buffer(input) : input }) });
  };
  return { ...context, clock: systemClock, fetch, runner: { run } };
}

const calls = root as unknown as Record<string, AnyFunction>;
if (!parentPort) throw new Error('not a thread');
new Wire(parentPort as Port, async (method, ...args) => {
  try {
    return await calls[String(method)]?.(...args);
  } catch (error) {
    // An error of loading may carry what cannot be handed over.
    throw error instanceof Error ? error : new Error(messageOf(error));
  }
});
