import { isMachineError, MachineError, messageOf } from '../core/errors.ts';
import { deleteEntry, loadEntry, type MachineEntry } from './entry.ts';
import { exists } from './exists.ts';
import type { MachinesHost } from './host.ts';
import { isPlainName, notFound } from './names.ts';
import { dropContext, removeVm } from './undo.ts';

/** See `Machines.remove`. */
export async function removeMachine(host: MachinesHost, name: string, force: boolean): Promise<void> {
  if (!isPlainName(name)) throw notFound(name);
  const paths = host.paths.machine(name);
  await host.lockMachine(name, async () => {
    if (!(await exists(paths.dir))) {
      await deleteEntry(paths); // an entry that was being made when its process died
      if (force) return;
      throw notFound(name);
    }
    const entry = await loadOr(host, name, force);
    if (entry) {
      const failure = await removeDriverPart(host, entry, force);
      await dropContext(host, entry);
      if (failure !== undefined) return (await import('./garbage/kept.ts')).keepOrphan(host, entry, failure);
    }
    await deleteEntry(paths);
  });
}

/** With force the reason why it could not be removed, which was told. */
async function removeDriverPart(host: MachinesHost, entry: MachineEntry, force: boolean): Promise<string | undefined> {
  try {
    await removeVm(host, entry, host.options.signal);
    return undefined;
  } catch (error) {
    host.options.signal.throwIfAborted();
    if (!force) throw error;
    const name = JSON.stringify(entry.config.name);
    host.options.log.warn(`Error removing host ${name}: ${messageOf(error)}`);
    host.options.log.warn(`What its driver made of ${name} may still exist: "tsmachine gc" lists it and tries again.`);
    return messageOf(error);
  }
}

/** A broken entry hides what its driver made, so only force lets it go. */
async function loadOr(host: MachinesHost, name: string, force: boolean): Promise<MachineEntry | undefined> {
  try {
    return await loadEntry(host.paths.machine(name), name);
  } catch (error) {
    if (!isMachineError(error)) throw error;
    if (!force)
      throw new MachineError(error.code, error.message, {
        cause: error,
        hint: 'rm -f removes the entry alone; what its driver made stays',
      });
    host.options.log.warn(`Error removing host ${JSON.stringify(name)}: ${error.message}`);
    return undefined;
  }
}
