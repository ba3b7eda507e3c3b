/** The JSON of `ls` and `status`; its schema is in the README. */
import type { MachineState } from '../../driver/index.ts';
import type { Machine } from '../../machine/api.ts';
import type { MachineRow } from '../actions/machine-rows.ts';
import { type CertificateExpiry, firstExpiry } from './certificate-expiry.ts';
import { jsonText } from './json-text.ts';

interface MachineJson {
  readonly name: string;
  readonly driver: string;
  readonly state: MachineState;
  readonly url: string | null;
  readonly error: string | null;
  /** Of all that engine and clients use, the one that ends first. */
  readonly certificate: CertificateExpiry | null;
}

interface ListedMachineJson extends MachineJson {
  /** $DOCKER_HOST points to it. */
  readonly active: boolean;
  /** Version of its engine. */
  readonly docker: string | null;
}

export async function listJson(rows: readonly MachineRow[], indent?: 'one line'): Promise<string> {
  const list = rows.map(async (row): Promise<ListedMachineJson> => {
    const { name, driverName: driver, state, url, error, dockerVersion, activeHost, activeSwarm } = row;
    const docker = dockerVersion.startsWith('v') ? dockerVersion.slice(1) : null;
    const certificate = row.machine ? firstExpiry(await row.machine.certificates()) : null;
    return { name, driver, state, url: url || null, active: activeHost || activeSwarm, docker, error: error || null, certificate };
  });
  return jsonText(await Promise.all(list), indent);
}

export async function statusJson(machine: Machine, state: MachineState): Promise<string> {
  const { name, driverName: driver, failure: error = null } = machine;
  const url = state === 'Running' ? await machine.url().catch(() => '') : '';
  const status: MachineJson = { name, driver, state, url: url || null, error, certificate: firstExpiry(await machine.certificates()) };
  return jsonText(status);
}
