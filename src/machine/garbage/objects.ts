import { readdir } from 'node:fs/promises';
import { messageOf } from '../../core/errors.ts';
import { listsOwned, type OwnedObject } from '../../driver/contract.ts';
import type { Orphan } from '../api.ts';
import { loadEntry, type MachineEntry } from '../entry.ts';
import type { MachinesHost } from '../host.ts';
import { machineNames } from '../listing.ts';
import { openDriver } from '../open-driver.ts';

/**
 * Objects at providers that carry this store's id and the name of a machine it no longer has. Each machine's driver is asked, for
 * it knows account and place; one that cannot answer is told.
 */
export async function objectOrphans(host: MachinesHost): Promise<Orphan[]> {
  const entries = await Promise.all(
    (await machineNames(host.paths)).map((name) => loadEntry(host.paths.machine(name), name).catch(() => undefined)),
  );
  const found = new Map<string, { object: OwnedObject; entry: MachineEntry }>();
  for (const entry of entries) {
    if (entry) for (const object of await ownedBy(host, entry)) found.set(`${entry.config.driverName} ${object.id}`, { object, entry });
  }
  const known = await knownMachines(host); // read after the objects: one that is made meanwhile had its entry before
  return [...found.values()]
    .filter(({ object }) => !known.has(object.machine))
    .map(({ object, entry }) => ({
      kind: 'remote',
      name: `${entry.config.driverName} ${object.id}`,
      reason: `${object.description} of machine ${JSON.stringify(object.machine)}, which is gone`,
      remove: () =>
        host.tryLockMachine(object.machine, async () => {
          if ((await knownMachines(host)).has(object.machine)) return;
          await withOwner(host, entry, (owner) => owner.removeOwned(object.id));
        }),
    }));
}

async function knownMachines(host: MachinesHost): Promise<Set<string>> {
  const kept = await readdir(host.paths.orphansDir).catch(() => []);
  return new Set([...(await machineNames(host.paths)), ...kept.map((id) => id.slice(0, id.lastIndexOf('@')))]);
}

async function ownedBy(host: MachinesHost, entry: MachineEntry): Promise<readonly OwnedObject[]> {
  try {
    return (await withOwner(host, entry, (owner) => owner.listOwned())) ?? [];
  } catch (error) {
    host.options.signal.throwIfAborted();
    host.options.log.warn(`What the account of machine ${JSON.stringify(entry.config.name)} has could not be listed: ${messageOf(error)}`);
    return [];
  }
}

async function withOwner<T>(
  host: MachinesHost,
  entry: MachineEntry,
  work: (owner: { listOwned(): Promise<readonly OwnedObject[]>; removeOwned(id: string): Promise<void> }) => Promise<T>,
): Promise<T | undefined> {
  const opened = await openDriver(host, await host.options.loadDriver(entry.config.driverName), entry, host.options.signal);
  try {
    return listsOwned(opened.driver) ? await work(opened.driver) : undefined;
  } finally {
    await opened.dispose();
  }
}
