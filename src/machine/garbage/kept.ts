import { cp, readdir, rename, rm } from 'node:fs/promises';
import { systemCode } from '../../core/errors.ts';
import { makeFolder } from '../../core/folder.ts';
import { redacted } from '../../core/redaction.ts';
import type { Orphan } from '../api.ts';
import { deleteEntry, loadEntry, type MachineEntry } from '../entry.ts';
import { exists } from '../exists.ts';
import type { MachinesHost } from '../host.ts';
import { removeVm } from '../undo.ts';

/**
 * Moves a machine that `rm -f` could not remove remotely out of the list of machines. All that its driver needs to try again is
 * kept, its secrets included; names of folders are NAME@SOMETHING, since the name is free again. The caller holds the lock.
 */
export async function keepOrphan(host: MachinesHost, entry: MachineEntry, reason: string): Promise<void> {
  const error = { code: 'REMOVE_FAILED', message: redacted(reason) };
  await entry.update({ phase: 'failed', error });
  const kept = host.paths.orphan(`${entry.config.name}@${crypto.randomUUID().slice(0, 8)}`);
  await makeFolder(host.paths.orphansDir);
  try {
    await rename(entry.paths.dir, kept.dir);
  } catch (failure) {
    if (systemCode(failure) !== 'EXDEV') throw failure;
    await cp(entry.paths.dir, kept.dir, { recursive: true, filter: (source) => !source.endsWith('.sock') });
    await deleteEntry(entry.paths);
  }
}

/** Machines whose entry went although their driver could not remove them. */
export async function keptOrphans(host: MachinesHost): Promise<Orphan[]> {
  const ids = await readdir(host.paths.orphansDir).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  return Promise.all(ids.sort().map((id) => keptOrphan(host, id)));
}

async function keptOrphan(host: MachinesHost, id: string): Promise<Orphan> {
  const paths = host.paths.orphan(id);
  const name = id.slice(0, Math.max(0, id.lastIndexOf('@'))) || id;
  const entry = await loadEntry(paths, name).catch((error: Error) => error);
  const reason = entry instanceof Error ? entry.message : (entry.record.error?.message ?? 'it could not be removed');
  return {
    kind: 'machine',
    name,
    reason,
    remove: () =>
      host.tryLockStore(`orphan-${id}`, async () => {
        if (!(await exists(paths.dir))) return; // another command was faster
        await removeVm(host, await loadEntry(paths, name), host.options.signal);
        await rm(paths.dir, { recursive: true, force: true });
      }),
  };
}
