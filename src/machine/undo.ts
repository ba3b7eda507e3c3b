import { messageOf } from '../core/errors.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';
import { openDriver } from './open-driver.ts';

/**
 * Removes whatever the machine's driver made, by its last checkpoint. Runs to its end although the command was aborted: its
 * signal never fires. Idempotent.
 */
export async function removeVm(host: MachinesHost, entry: MachineEntry, signal = new AbortController().signal): Promise<void> {
  const definition = await host.options.loadDriver(entry.config.driverName);
  const opened = await openDriver(host, definition, entry, signal);
  try {
    await opened.driver.remove();
  } finally {
    await entry.saveDriver(opened.driver.serialize());
    await opened.dispose();
  }
}

/** A context that cannot be removed is told, and no reason to keep a machine. */
export async function dropContext(host: MachinesHost, entry: MachineEntry): Promise<void> {
  const { context } = entry.record;
  if (context === undefined) return;
  const { removeContext } = await import('./docker-context.ts');
  await removeContext(host, entry).catch((error: unknown) =>
    host.options.log.warn(`The Docker context ${JSON.stringify(context)} was not removed: ${messageOf(error)}`),
  );
}
