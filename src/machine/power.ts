/** start, stop, restart, kill: docker-machine's lines and errors, the driver's work. The caller holds the machine's lock. */
import { MachineError } from '../core/errors.ts';
import { type Driver, type MachineState, pushesReadiness } from '../driver/contract.ts';
import { adoptOffered } from './certificates.ts';
import type { MachineEntry } from './entry.ts';
import { healMachine } from './heal.ts';
import type { MachinesHost } from './host.ts';
import type { OpenDriver } from './open-driver.ts';

/** What one of these is done to. */
export interface PowerTarget {
  readonly host: MachinesHost;
  readonly entry: MachineEntry;
  readonly opened: OpenDriver;
  /** The engine may be restarted for a new certificate. */
  readonly yes: boolean;
}

const STATE_TIMEOUT = 180_000;

export async function startMachine(target: PowerTarget): Promise<void> {
  const { host, name, driver } = parts(target);
  host.options.log.info(`Starting "${name}"...`);
  const running = (await driver.state()) === 'Running';
  if (running && target.entry.record.pending !== 'start')
    throw new MachineError('ALREADY_RUNNING', `Machine "${name}" is already running.`);
  await journaled(target, async () => {
    if (!running) await driver.start();
    await awaitGuest(target);
    host.options.log.info(`Machine "${name}" was started.`);
    await healMachine(target);
  });
}

export async function stopMachine(target: PowerTarget): Promise<void> {
  await end(target, 'Stopping', 'stopped', () => target.opened.driver.stop());
}

export async function killMachine(target: PowerTarget): Promise<void> {
  await end(target, 'Killing', 'killed', () => target.opened.driver.kill());
}

export async function restartMachine(target: PowerTarget): Promise<void> {
  const { host, name, driver } = parts(target);
  host.options.log.info(`Restarting "${name}"...`);
  if ((await driver.state()) === 'Stopped') return startMachine(target);
  await journaled(target, async () => {
    await driver.restart();
    await awaitGuest(target);
    await healMachine(target);
  });
}

/** Polls every 200 ms. Throws STATE_TIMEOUT after `timeout` milliseconds, VM_ENDED when it is Stopped instead of Running. */
export async function awaitState(
  host: MachinesHost,
  driver: Driver,
  wanted: MachineState,
  timeout: number,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = host.options;
  const limit = clock.now() + timeout;
  for (;;) {
    const state = await driver.state();
    if (state === wanted) return;
    if (wanted === 'Running' && state === 'Stopped') throw new MachineError('VM_ENDED', 'the machine stopped by itself');
    if (clock.now() > limit)
      throw new MachineError('STATE_TIMEOUT', `expected the machine to be ${wanted} within ${timeout / 1000} s, found ${state}`);
    await clock.sleep(200, signal);
  }
}

/** When it dies or fails before its end, the next start goes on: a guest that boots is not yet one that was given all it needs. */
async function journaled({ entry }: PowerTarget, work: () => Promise<void>): Promise<void> {
  await entry.update({ pending: 'start' });
  await work();
  const { pending: _done, ...record } = entry.record;
  await entry.replaceRecord(record);
}

async function awaitGuest(target: PowerTarget): Promise<void> {
  const { host, driver } = parts(target);
  await awaitState(host, driver, 'Running', STATE_TIMEOUT, host.options.signal);
  if (pushesReadiness(driver))
    await driver.awaitReady((phase, seconds) => host.options.log.debug(`boot: ${phase} ${seconds.toFixed(2)} s`));
  await adoptOffered(host, target.entry);
}

async function end(target: PowerTarget, doing: string, done: string, act: () => Promise<void>): Promise<void> {
  const { host, name, driver } = parts(target);
  host.options.log.info(`${doing} "${name}"...`);
  if ((await driver.state()) === 'Stopped') throw new MachineError('ALREADY_STOPPED', `Machine "${name}" is already stopped.`);
  await act();
  await awaitState(host, driver, 'Stopped', STATE_TIMEOUT, host.options.signal);
  host.options.log.info(`Machine "${name}" was ${done}.`);
}

const parts = ({ host, entry, opened }: PowerTarget) => ({ host, name: entry.config.name, driver: opened.driver });
