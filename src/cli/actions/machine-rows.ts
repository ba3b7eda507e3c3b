import { isMachineError, messageOf } from '../../core/errors.ts';
import { printableLine } from '../../core/printable.ts';
import type { MachineState } from '../../driver/index.ts';
import type { Machine } from '../../machine/api.ts';
import { isExpected } from '../expected-error.ts';
import { compareNatural } from '../natural-sort.ts';
import type { Session } from '../session.ts';
import { swarmMaster, swarmUrl } from './swarm.ts';

/** A line of `ls`. */
export interface MachineRow {
  readonly name: string;
  readonly driverName: string;
  readonly state: MachineState;
  readonly url: string;
  /** Name of the machine's classic Swarm master, from stores docker-machine wrote. */
  readonly swarm: string;
  /** `v28.5.2`, `Unknown`, or '' for a row that says only an error. */
  readonly dockerVersion: string;
  readonly error: string;
  readonly activeHost: boolean;
  readonly activeSwarm: boolean;
  /** `*`, `* (swarm)`, `-`, or '' where nothing is known. */
  readonly active: string;
  /** Milliseconds until everything was known. */
  readonly responseTime: number;
  /** Undefined when the entry could not be read or did not answer in time. */
  readonly machine: Machine | undefined;
}

export interface LoadedMachines {
  readonly machines: readonly Machine[];
  /** Rows of entries that cannot be read. */
  readonly broken: readonly MachineRow[];
  /** What drivers tell of many machines in one call, asked for once. */
  stateTogether(machine: Machine): Promise<MachineState | undefined>;
}

/** Every entry of the store, byte order; one that cannot be read stops nothing. */
export async function loadAll(session: Session): Promise<LoadedMachines> {
  const store = await session.machines();
  const machines: Machine[] = [];
  const broken: MachineRow[] = [];
  const names = await store.names();
  for (const [at, result] of (await Promise.allSettled(names.map((name) => store.load(name)))).entries()) {
    if (result.status === 'fulfilled') machines.push(result.value);
    else if (!isExpected(result.reason)) throw result.reason;
    else broken.push(brokenRow(names[at] ?? '', result.reason));
  }
  return { machines, broken, stateTogether: store.statesTogether(machines) };
}

export interface AskOptions {
  /** Milliseconds for each machine. */
  readonly timeout: number;
  /** Ask the engine for its version. */
  readonly version: boolean;
}

/** Asks machines all at once, each within its time; natural order. `all` are the machines among which Swarm masters are looked for. */
export async function machineRows(
  session: Session,
  chosen: readonly Machine[],
  all: LoadedMachines,
  options: AskOptions,
): Promise<MachineRow[]> {
  const asked = chosen.map(async (machine) => {
    const late = () => blankRow(machine.name, machine.driverName);
    return withinTime(options.timeout, ask(session, machine, all, options), late);
  });
  const rows = [...(await Promise.all(asked)), ...all.broken];
  session.input.signal.throwIfAborted();
  return rows.sort((a, b) => compareNatural(a.name, b.name));
}

/** An entry whose driver is not there is told apart from one that cannot be read, as docker-machine does. */
function brokenRow(name: string, reason: Error): MachineRow {
  const rest = { state: 'Error', error: printableLine(reason.message) } as const;
  const withoutDriver = isMachineError(reason) && reason.code === 'DRIVER_NOT_FOUND';
  return withoutDriver
    ? { ...blankRow(name, 'not-found'), ...rest, active: '-', dockerVersion: 'Unknown' }
    : { ...blankRow(name, 'not found'), ...rest };
}

function blankRow(name: string, driverName: string): MachineRow {
  const unknown = { url: '', swarm: '', dockerVersion: '', error: '', activeHost: false, activeSwarm: false, active: '', responseTime: 0 };
  return { name, driverName, state: 'Timeout', ...unknown, machine: undefined };
}

async function ask(session: Session, machine: Machine, all: LoadedMachines, options: AskOptions): Promise<MachineRow> {
  const started = session.input.clock.now();
  const { url, state, error: stateError } = await urlAndState(machine, all);
  let dockerVersion = 'Unknown';
  let error = stateError;
  if (url !== '' && options.version) {
    try {
      dockerVersion = `v${await machine.engineVersion()}`;
    } catch (failure) {
      error = messageOf(failure);
    }
  }
  const host = state === 'Running' && url !== '' ? session.input.platform.env.DOCKER_HOST : undefined;
  const activeHost = host === url && url !== '';
  const activeSwarm = host !== undefined && host === swarmUrl(machine, url);
  return {
    name: machine.name,
    driverName: machine.driverName,
    state,
    url,
    swarm: swarmMaster(machine, all.machines),
    dockerVersion,
    error: error === 'Host is not running' ? '' : printableLine(error),
    activeHost,
    activeSwarm,
    active: activeSwarm ? '* (swarm)' : activeHost ? '*' : '-',
    responseTime: session.input.clock.now() - started,
    machine,
  };
}

/** A URL means Running, as in docker-machine; else the driver is asked. */
async function urlAndState(machine: Machine, all: LoadedMachines): Promise<{ url: string; state: MachineState; error: string }> {
  const told = await all.stateTogether(machine);
  if (told !== undefined && told !== 'Running') return { url: '', state: told, error: '' };
  let error = '';
  try {
    const url = await machine.url();
    if (url !== '') return { url, state: 'Running', error };
  } catch (failure) {
    error = messageOf(failure);
  }
  try {
    return { url: '', state: await machine.state(), error };
  } catch (failure) {
    return { url: '', state: 'Error', error: error || messageOf(failure) };
  }
}

export async function withinTime<T>(milliseconds: number, work: Promise<T>, late: () => T): Promise<T> {
  const timer = Promise.withResolvers<T>();
  const handle = setTimeout(() => timer.resolve(late()), milliseconds);
  try {
    return await Promise.race([work, timer.promise]);
  } finally {
    clearTimeout(handle);
    work.catch(() => {}); // after its time nobody listens
  }
}
