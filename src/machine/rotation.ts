/** See src/certs/rotation.ts: here the machines of a store are visited, one after the other gets the new certificates. */
import { messageOf } from '../core/errors.ts';
import { silentLogger } from '../core/logger.ts';
import type { WaitingMachine } from './api.ts';
import { authorityOf, isStoreAuthority, withAuthority } from './authority.ts';
import type { MachinesHost } from './host.ts';
import { machineNames } from './listing.ts';
import { StoredMachine } from './machine.ts';
import { waitingMachines } from './waiting.ts';

/** Visits at a time. */
const CONCURRENCY = 8;

/** Makes the new CA and client pair, or goes on with a rotation that did not end. */
export async function beginRotation(host: MachinesHost): Promise<void> {
  const { beginRotation: begin } = await import('../certs/rotation.ts');
  const { ensureAuthority } = await import('../certs/authority.ts');
  const { clock, log } = host.options;
  const options = { user: host.user, now: clock.now(), log };
  await host.lockStore('certificates', async () => {
    await ensureAuthority(host.paths, options);
    if (await begin(host.paths, host.paths.rotation, { ...options, log: silentLogger })) return;
    log.warn('A rotation was begun before and goes on: its CA and client certificate are brought to the machines that wait.');
  });
}

/**
 * Brings the new certificates to every machine that runs, and ends the rotation when all have them: then the old CA is trusted by
 * nobody. Engines that must restart for it are visited only when they are `named`. Gives who still waits, and for what.
 */
export async function continueRotation(host: MachinesHost, named: readonly string[]): Promise<WaitingMachine[]> {
  const waiting = await visitAll(host, named);
  if (await endRotation(host)) return await visitAll(host, named); // now to forget the old CA
  return waiting;
}

/** After a machine caught up or went: ends the rotation when it was the last. */
export async function rotationMayEnd(host: MachinesHost): Promise<void> {
  if (await endRotation(host)) await visitAll(host, []);
}

async function visitAll(host: MachinesHost, named: readonly string[]): Promise<WaitingMachine[]> {
  const names = await machineNames(host.paths);
  const waiting: WaitingMachine[] = [];
  const next = names.values();
  const worker = async () => {
    for (const name of next) {
      const reason = await visit(host, name, named.includes(name));
      if (reason !== undefined) waiting.push({ name, reason });
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, worker));
  return waiting.sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
}

async function visit(host: MachinesHost, name: string, mayRestart: boolean): Promise<string | undefined> {
  try {
    const machine = await StoredMachine.load(host, name);
    try {
      if (!isStoreAuthority(host, authorityOf(machine.config.hostOptions.AuthOptions))) return undefined;
      if (machine.failure !== undefined) return undefined; // there is no machine
      if ((await machine.state()) !== 'Running') return 'it does not run: it takes them when it starts';
      return await machine.renewCertificates({ renew: false, mayRestart, log: silentLogger });
    } finally {
      await machine.close();
    }
  } catch (error) {
    host.options.signal.throwIfAborted();
    return messageOf(error);
  }
}

/** Whether the rotation is over now: nobody waits. */
async function endRotation(host: MachinesHost): Promise<boolean> {
  const { endRotation: end } = await import('../certs/rotation.ts');
  return withAuthority(host, host.paths, async ({ rotating }) => {
    if (!rotating || (await waitingMachines(host))?.length !== 0) return false;
    await end(host.paths, host.paths.rotation);
    return true;
  });
}
