import { realpath } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { systemCode } from '../../core/errors.ts';
import { isAlive } from '../../host/process-identity.ts';
import { type FoundProcess, processesBelow } from '../../host/process-list.ts';
import type { Orphan } from '../api.ts';
import { exists } from '../exists.ts';
import type { MachinesHost } from '../host.ts';

/** VMs and supervisors that work in a folder of this store which is gone, and VMs that their machine does not know. */
export async function processOrphans(host: MachinesHost): Promise<Orphan[]> {
  const root = await realpath(host.paths.root).catch(() => undefined);
  if (root === undefined) return [];
  const found = (await processesBelow(root, host.options)).filter(({ command }) => isVm(command) || isSupervisor(command));
  const reasons = await Promise.all(found.map((process) => reasonOf(host, root, process)));
  return found.flatMap((process, at) => {
    const reason = reasons[at];
    return reason === undefined ? [] : [orphan(host, root, process, reason)];
  });
}

/** The guest's channel has a name of our own; a user's QEMU that happens to run there does not. */
const isVm = (command: readonly string[]): boolean => command.some((word) => word.includes('name=org.tsmachine.guest.0'));

const isSupervisor = (command: readonly string[]): boolean =>
  command.some((word) => word.endsWith(`${sep}supervisor.js`) || word.endsWith(join(sep, 'supervisor', 'main.ts')));

/** Why it is one; undefined for a process whose machine is there. */
async function reasonOf(
  host: MachinesHost,
  root: string,
  { identity, folder, folderDeleted, command }: FoundProcess,
): Promise<string | undefined> {
  if (folderDeleted || !(await exists(folder))) return `its folder ${folder} is gone`;
  const parent = join(folder, '..');
  if (parent === join(root, 'orphans')) return undefined; // goes with what was kept of its machine
  if (parent !== join(root, 'machines')) return `its folder ${folder} is no machine's`;
  if (!isVm(command)) return undefined;
  const { vmProcess } = await import('../../supervisor/index.ts');
  const known = await vmProcess(folder, host.options);
  return known?.pid === identity.pid ? undefined : `machine ${JSON.stringify(basename(folder))} does not know it`;
}

function orphan(host: MachinesHost, root: string, process: FoundProcess, reason: string): Orphan {
  const { identity, folder, command } = process;
  return {
    kind: 'process',
    name: `${identity.pid} ${basename(command[0] ?? '')}`,
    reason,
    remove: () =>
      host.tryLockMachine(basename(folder), async () => {
        if (!(await isAlive(identity, host.options)) || (await reasonOf(host, root, process)) === undefined) return;
        await end(host, process);
      }),
  };
}

async function end(host: MachinesHost, { identity }: FoundProcess): Promise<void> {
  const { clock, signal } = host.options;
  try {
    process.kill(identity.pid, 'SIGKILL');
  } catch (error) {
    if (systemCode(error) !== 'ESRCH') throw error;
  }
  while (await isAlive(identity, host.options)) await clock.sleep(20, signal);
}
