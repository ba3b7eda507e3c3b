import { readdir, readFile, readlink } from 'node:fs/promises';
import { sep } from 'node:path';
import { identifyProcess, type ProcessIdentity, type ProcessProbe } from './process-identity.ts';

export interface FoundProcess {
  readonly identity: ProcessIdentity;
  /** Its working directory, as the kernel names it; of a deleted one where it was. */
  readonly folder: string;
  readonly folderDeleted: boolean;
  readonly command: readonly string[];
}

const DELETED = ' (deleted)';

/**
 * Processes of this user's reach that work in `folder` (a real path) or below. Linux only, elsewhere none is found: nothing else
 * tells a process's folder without help. Those of other mount name spaces, whose paths are not ours, are left out.
 */
export async function processesBelow(folder: string, probe: ProcessProbe): Promise<FoundProcess[]> {
  if (probe.platform.os !== 'linux') return [];
  const mounts = await readlink('/proc/self/ns/mnt');
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map((pid) => look(pid, folder, mounts, probe).catch(() => undefined))); // ended, or not ours
  return found.filter((process) => process !== undefined);
}

async function look(pid: string, below: string, mounts: string, probe: ProcessProbe): Promise<FoundProcess | undefined> {
  const link = await readlink(`/proc/${pid}/cwd`);
  const folderDeleted = link.endsWith(DELETED);
  const folder = folderDeleted ? link.slice(0, -DELETED.length) : link;
  if (!folder.startsWith(below + sep) || (await readlink(`/proc/${pid}/ns/mnt`)) !== mounts) return undefined;
  const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').filter((word) => word !== '');
  const identity = await identifyProcess(Number(pid), probe);
  return identity && { identity, folder, folderDeleted, command };
}
