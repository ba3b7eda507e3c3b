import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';
import { loadDefinition, openDriver } from './open-driver.ts';

/**
 * Removes whatever the machine's driver made, by its last checkpoint. Runs to its end although the command was aborted: its
 * signal never fires. Idempotent.
 */
export async function removeVm(host: MachinesHost, entry: MachineEntry, signal = new AbortController().signal): Promise<void> {
  const definition = await loadDefinition(host, entry.config.driverName);
  const opened = await openDriver(host, definition, entry, signal);
  try {
    await opened.driver.remove();
  } finally {
    await entry.saveDriver(opened.driver.serialize());
    await opened.dispose();
  }
}
