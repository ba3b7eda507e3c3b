/** Setting a running guest up: the last part of `create`, and `provision`. The caller holds the machine's lock. */
import { isIP } from 'node:net';
import { MachineError } from '../core/errors.ts';
import type { DriverDefinition } from '../driver/contract.ts';
import { type Provisioner, provisionerFor } from '../provision/index.ts';
import type { MachineConfig } from '../store/config.ts';
import type { EngineKind, MachineRecord } from '../store/record.ts';
import { type PreparedCertificates, prepareCertificates } from './certificates.ts';
import { checkEngineTls, type EngineTarget } from './engine-client.ts';
import { engineAddress } from './engine-connection.ts';
import { withEnginePath } from './engine-path.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';
import { engineSettings } from './identity.ts';
import type { OpenDriver } from './open-driver.ts';
import { openShell, workplace } from './remote.ts';
import { pinReadKeys } from './way-in.ts';

/** For an engine that was just started to answer, milliseconds. */
export const ENGINE_TIMEOUT = 120_000;

/** Of this machine; undefined for a guest that is not ours to set up. */
export function provisionerOf({ capabilities }: DriverDefinition, { engine }: MachineRecord): Provisioner | undefined {
  return provisionerFor(capabilities.guest, engine?.kind);
}

/** What `create` was told about the engine. */
export function engineWish(config: MachineConfig, record: MachineRecord) {
  return { version: record.engine?.version ?? '', installUrl: config.hostOptions.EngineOptions.InstallURL };
}

export interface ProvisionOptions {
  /** Tell which kind of guest it is, as `create` does. */
  readonly announce: boolean;
  /** Another engine than the machine has. */
  readonly engine?: EngineKind;
  /** Running containers may be stopped for that. */
  readonly agreed?: boolean;
}

/**
 * Gives the guest identity, certificates, engine and options, and waits until the engine answers over TLS. Idempotent. Throws
 * `NO_GUEST`, what the provisioner says, and `TLS_CHECK_FAILED`.
 */
export async function provisionMachine(
  host: MachinesHost,
  entry: MachineEntry,
  { driver, definition }: OpenDriver,
  { announce, engine, agreed = false }: ProvisionOptions,
  signal: AbortSignal,
): Promise<void> {
  const { log } = host.options;
  const chosen = engine === undefined || engine === entry.record.engine?.kind ? entry.record.engine : { kind: engine, version: '' };
  const provisioner = provisionerOf(definition, chosen === undefined ? entry.record : { ...entry.record, engine: chosen });
  const endpoint = await driver.ssh();
  if (!provisioner || !endpoint)
    throw new MachineError('NO_GUEST', `machine "${entry.config.name}" of driver ${definition.name} has no guest to set up`);
  const url = await driver.url();
  const { host: address, port } = engineAddress(url);
  await pinReadKeys(entry, driver);
  log.info('Waiting for SSH to be available...');
  const shell = await openShell(host, entry, endpoint, signal, definition.capabilities.guest);
  let prepared: PreparedCertificates | undefined;
  try {
    await provisioner.provision(
      { ...workplace(host, shell, signal), agreed },
      {
        announce,
        hostname: entry.config.name,
        engine: engineSettings(entry, port),
        ipv6: isIP(address) === 6,
        wish: { ...engineWish(entry.config, entry.record), version: chosen?.version ?? '' },
        async tls() {
          if (chosen !== entry.record.engine && chosen !== undefined) await entry.update({ engine: chosen }); // it is there now
          log.info('Copying certs to the local machine directory...');
          prepared = await prepareCertificates(host, entry, { enginePort: port, addresses: [address] });
          return prepared.identity.tls;
        },
        async nextGeneration() {
          await entry.update({ engineGeneration: entry.record.engineGeneration + 1 });
          return entry.record.engineGeneration;
        },
      },
    );
  } finally {
    shell.close();
  }
  if (!prepared) return;
  await prepared.installed();
  const given = prepared;
  const patience = { restarts: provisioner.certificatesRestartEngine, timeout: ENGINE_TIMEOUT };
  await withEnginePath(host, entry, { endpoint, url, guest: definition.capabilities.guest }, signal, (path) =>
    untilEngineHas(host, entry.config.name, given, url, { ...patience, ...path }, signal),
  );
  await prepared.adopted();
}

/** Until the engine shows what it was given. Throws TLS_CHECK_FAILED after `timeout` milliseconds. */
export async function untilEngineHas(
  host: MachinesHost,
  name: string,
  prepared: PreparedCertificates,
  url: string,
  { restarts, timeout, ...path }: { readonly restarts: boolean; readonly timeout: number } & Pick<EngineTarget, 'dial'>,
  signal: AbortSignal,
): Promise<void> {
  const { clock } = host.options;
  const limit = clock.now() + timeout;
  const target = { name, url, files: async () => ({ ...prepared.client, server: prepared.identity.tls.cert }), ...path };
  for (;;) {
    try {
      return await checkEngineTls(target, () => restarts, signal);
    } catch (error) {
      if (clock.now() > limit) throw error;
      await clock.sleep(200, signal);
    }
  }
}
