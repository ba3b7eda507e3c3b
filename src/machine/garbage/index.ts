/** What is left of machines that are gone, of this store and no other. */
import type { Orphan } from '../api.ts';
import type { MachinesHost } from '../host.ts';
import { contextOrphans } from './contexts.ts';
import { fileOrphans } from './files.ts';
import { imageOrphans } from './images.ts';
import { keptOrphans } from './kept.ts';
import { objectOrphans } from './objects.ts';
import { processOrphans } from './processes.ts';

/** See `Machines.orphans`. One place that cannot be looked at hides nothing of the others: it is told. */
export async function orphansOf(host: MachinesHost): Promise<Orphan[]> {
  const finders = [processOrphans, keptOrphans, objectOrphans, contextOrphans, fileOrphans, imageOrphans];
  const found = await Promise.all(
    finders.map(async (find) => {
      try {
        return await find(host);
      } catch (error) {
        host.options.signal.throwIfAborted();
        host.options.log.warn(`Not everything could be looked at: ${error instanceof Error ? error.message : String(error)}`);
        return [];
      }
    }),
  );
  return found.flat();
}
