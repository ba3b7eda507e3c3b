import { messageOf } from '../../core/errors.ts';
import type { MachineState } from '../../driver/index.ts';
import type { Machine, Machines } from '../../machine/api.ts';
import { compareNatural } from '../natural-sort.ts';
import type { Session } from '../session.ts';

/** A line of `ls`. */
export interface MachineRow {
  readonly name: string;
  readonly driverName: string;
  readonly state: MachineState;
  readonly url: string;
  /** `v28.5.2`, `Unknown`, or '' for a row that says only an error. */
  readonly dockerVersion: string;
  readonly error: string;
  readonly activeHost: boolean;
  /** `*`, `-`, or '' where nothing is known. */
  readonly active: string;
  /** Milliseconds until everything was known. */
  readonly responseTime: number;
  /** Undefined when the entry could not be read or did not answer in time. */
  readonly machine: Machine | undefined;
}

export interface RowOptions {
  /** Milliseconds for each machine. */
  readonly timeout: number;
  /** Ask the engine for its version. */
  readonly version: boolean;
  /** Leaves machines out before they are asked; entries that cannot be read are never left out. */
  readonly keep?: (machine: Machine) => Promise<boolean>;
}

/** All machines of the store, asked at once, in natural order. A broken or slow one is a row that says so. */
export async function machineRows(session: Session, options: RowOptions): Promise<MachineRow[]> {
  const machines = await session.machines();
  const names = await machines.names();
  const rows = await Promise.all(names.map((name) => row(session, machines, name, options)));
  return rows.filter((found) => found !== undefined).sort((a, b) => compareNatural(a.name, b.name));
}

async function row(session: Session, machines: Machines, name: string, options: RowOptions): Promise<MachineRow | undefined> {
  let machine: Machine;
  try {
    machine = await machines.load(name);
  } catch (error) {
    return { ...blank(name, 'not found'), state: 'Error', error: oneLine(messageOf(error)) };
  }
  try {
    if (options.keep && !(await options.keep(machine))) return undefined;
    return await withinTime(options.timeout, ask(session, machine, options), () => blank(machine.name, machine.driverName));
  } finally {
    await machine.close();
  }
}

function blank(name: string, driverName: string): MachineRow {
  const unknown = { url: '', dockerVersion: '', error: '', activeHost: false, active: '', responseTime: 0, machine: undefined };
  return { name, driverName, state: 'Timeout', ...unknown };
}

async function ask(session: Session, machine: Machine, options: RowOptions): Promise<MachineRow> {
  const started = session.input.clock.now();
  let error = '';
  let state: MachineState = 'None';
  let url = '';
  try {
    url = await machine.url();
    state = url === '' ? await machine.state() : 'Running';
  } catch (failure) {
    error = messageOf(failure);
    state = await machine.state().catch(() => 'Error' as const);
  }
  let dockerVersion = 'Unknown';
  if (url !== '' && options.version) {
    try {
      dockerVersion = `v${await machine.engineVersion()}`;
    } catch (failure) {
      error = messageOf(failure);
    }
  }
  const activeHost = state === 'Running' && url !== '' && url === session.input.platform.env.DOCKER_HOST;
  return {
    name: machine.name,
    driverName: machine.driverName,
    state,
    url,
    dockerVersion,
    error: error === 'Host is not running' ? '' : oneLine(error),
    activeHost,
    active: activeHost ? '*' : '-',
    responseTime: session.input.clock.now() - started,
    machine,
  };
}

/** A table's line must stay one. */
const oneLine = (text: string): string => text.replace(/\s*[\r\n\t]+\s*/g, ' ').trim();

async function withinTime<T>(milliseconds: number, work: Promise<T>, late: () => T): Promise<T> {
  const timer = Promise.withResolvers<T>();
  const handle = setTimeout(() => timer.resolve(late()), milliseconds);
  work.catch(() => {}); // after its time nobody listens
  try {
    return await Promise.race([work, timer.promise]);
  } finally {
    clearTimeout(handle);
  }
}
