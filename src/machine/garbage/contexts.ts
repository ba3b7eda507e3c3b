import { DockerContexts } from '../../store/docker-contexts.ts';
import type { Orphan } from '../api.ts';
import { exists } from '../exists.ts';
import type { MachinesHost } from '../host.ts';

/** Docker contexts with this store's mark whose machine is gone. */
export async function contextOrphans(host: MachinesHost): Promise<Orphan[]> {
  const store = await host.storeId();
  if (store === '') return [];
  const contexts = new DockerContexts(host.options.platform);
  const isThere = (machine: string) => exists(host.paths.machine(machine).dir);
  const found: Orphan[] = [];
  for (const { name, machine } of await contexts.ownedBy(store)) {
    if (await isThere(machine)) continue;
    const remove = () =>
      host.tryLockMachine(machine, async () => {
        if (!(await isThere(machine))) await contexts.remove(name, { store, machine });
      });
    found.push({ kind: 'context', name, reason: `Docker context of machine ${JSON.stringify(machine)}, which is gone`, remove });
  }
  return found;
}
