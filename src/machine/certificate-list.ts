/** The certificates of a store, read from its files alone. */
import { certificatesIn } from '../certs/bundle.ts';
import { readPem } from '../certs/files.ts';
import { certificateFacts, parseCertificate } from '../certs/inspect.ts';
import { messageOf } from '../core/errors.ts';
import type { StoreCertificate, StoreCertificates } from './api.ts';
import { authorityOf } from './authority.ts';
import { loadEntry, type MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';
import { waitingMachines } from './waiting.ts';

/** Each certificate once: a machine's copy of a CA or client certificate that `certs/` has is not listed again. */
export async function certificateList(host: MachinesHost, names: readonly string[]): Promise<StoreCertificates> {
  const entries = await Promise.all(names.map((name) => loadEntry(host.paths.machine(name), name).catch(() => undefined)));
  const known = entries.filter((entry) => entry !== undefined);
  const authorities = [host.paths, ...known.map(({ config }) => authorityOf(config.hostOptions.AuthOptions))];
  const found: StoreCertificate[] = [];
  for (const path of new Set(authorities.map(({ caCert }) => caCert))) found.push(...(await read(host, 'ca', path)));
  for (const path of new Set(authorities.map(({ clientCert }) => clientCert))) found.push(...(await read(host, 'client', path)));
  for (const entry of known) found.push(...(await machineCertificates(host, entry)));
  const unique = new Map<string, StoreCertificate>();
  for (const item of found) {
    const key = 'error' in item ? item.path : item.fingerprint;
    if (!unique.has(key)) unique.set(key, item);
  }
  return { waiting: await waitingMachines(host), certificates: [...unique.values()] };
}

/** What the engine shows, and the copies that its clients use. */
export async function machineCertificates(host: MachinesHost, { config, paths }: MachineEntry): Promise<StoreCertificate[]> {
  const lists = await Promise.all([
    read(host, 'server', paths.serverCert, config.name),
    read(host, 'ca', paths.caCert, config.name),
    read(host, 'client', paths.clientCert, config.name),
  ]);
  return lists.flat();
}

/** None for a file that is not there; for one that cannot be read its error. */
async function read(host: MachinesHost, kind: StoreCertificate['kind'], path: string, machine?: string): Promise<StoreCertificate[]> {
  const place = { kind, path, ...(machine === undefined ? {} : { machine }) };
  try {
    const pem = await readPem(path);
    if (pem === undefined) return [];
    const now = host.options.clock.now();
    return certificatesIn(pem, path).map((text) => ({ ...place, ...certificateFacts(parseCertificate(text, path), now) }));
  } catch (error) {
    return [{ ...place, error: messageOf(error) }];
  }
}
