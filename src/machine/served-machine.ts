/** A machine of a store that another program keeps: docker-machine writes its config.json and provisions it, our driver runs it. */
import { type DriverDefinition, pushesReadiness } from '../driver/contract.ts';
import type { ServedMachine } from '../plugins/go/serve.ts';
import type { MachinesOptions } from './api.ts';
import { withAuthority } from './authority.ts';
import { adoptOffered, writeClientFiles } from './certificates.ts';
import { loadEntry, type MachineEntry } from './entry.ts';
import { exists } from './exists.ts';
import { machinesHost } from './host.ts';
import { ensureSshKeys } from './identity.ts';
import { checkName } from './names.ts';
import { openDriverIn } from './open-driver.ts';

/** `state`: undefined for a machine that is to be made. */
export async function openServedMachine(
  options: MachinesOptions,
  definition: DriverDefinition,
  name: string,
  state: string | undefined,
): Promise<ServedMachine> {
  checkName(name);
  const host = machinesHost(options);
  const { signal } = options;
  const paths = host.paths.machine(name);
  let entry: MachineEntry | undefined;
  const { driver, dispose } = await openDriverIn(host, name, definition, () => entry, state, signal);
  const prepare = async (files: MachineEntry) => {
    const { generateRsaKey } = await import('../certs/rsa-key.ts');
    await ensureSshKeys(files, generateRsaKey());
    await withAuthority(host, host.authority, (authority) => writeClientFiles(files, authority), signal);
  };
  return {
    driver,
    change: (work, { starts }) =>
      host.lockMachine(name, async () => {
        entry = (await exists(paths.config)) ? await loadEntry(paths, name) : undefined;
        if (starts && entry) await prepare(entry);
        await work();
        if (!starts || !entry) return;
        if (pushesReadiness(driver))
          await driver.awaitReady((phase, seconds) => options.log.debug(`boot: ${phase} ${seconds.toFixed(2)} s`));
        await adoptOffered(host, entry);
      }),
    close: dispose,
  };
}
