import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprintsOf } from '../certs/bundle.ts';
import { authorityOf, isStoreAuthority } from './authority.ts';
import { loadEntry } from './entry.ts';
import { exists } from './exists.ts';
import type { MachinesHost } from './host.ts';
import { machineNames } from './listing.ts';

/** Machines that do not trust the CA of the rotation that goes on, byte order; undefined when none goes on. */
export async function waitingMachines(host: MachinesHost): Promise<string[] | undefined> {
  const { next } = host.paths.rotation;
  if (!(await exists(next))) return undefined;
  const path = join(next, 'ca.pem');
  const [fingerprint = ''] = fingerprintsOf(await readFile(path, 'utf8'), path);
  const names = await machineNames(host.paths);
  const waits = await Promise.all(names.map((name) => waitsFor(host, name, fingerprint)));
  return names.filter((_, at) => waits[at]);
}

async function waitsFor(host: MachinesHost, name: string, fingerprint: string): Promise<boolean> {
  const entry = await loadEntry(host.paths.machine(name), name).catch(() => undefined);
  if (!entry) return true; // what a broken entry stands for is not known
  if (!isStoreAuthority(host, authorityOf(entry.config.hostOptions.AuthOptions))) return false;
  return entry.record.phase !== 'failed' && !entry.record.trust?.includes(fingerprint);
}
