/** New certificates for a machine that runs, brought in over SSH. The caller holds the machine's lock. */
import { readPem } from '../certs/files.ts';
import type { Logger } from '../core/logger.ts';
import { authorityOf, withAuthority } from './authority.ts';
import { adopt, prepareCertificates } from './certificates.ts';
import { engineVersion } from './engine-client.ts';
import { engineAddress } from './engine-connection.ts';
import { withEnginePath } from './engine-path.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';
import type { OpenDriver } from './open-driver.ts';
import { ENGINE_TIMEOUT, provisionerOf, untilEngineHas } from './provision.ts';
import { openShell, workplace } from './remote.ts';

/** How long an engine that is not restarted may take until it shows the new certificate, milliseconds. */
const RELOAD_TIMEOUT = 30_000;
const BY_HAND = 'its engine is not reached by SSH';

export interface RegenerateOptions {
  /** A new server certificate even when the present one fits. */
  readonly renew: boolean;
  /** An engine that takes certificates only by a restart may be restarted; else nothing is done to it. */
  readonly mayRestart: boolean;
  readonly log: Logger;
}

/** Undefined when the machine has what it is to have; else why it has not. Throws what the driver, SSH or the engine say. */
export async function regenerateCerts(
  host: MachinesHost,
  entry: MachineEntry,
  { driver, definition }: OpenDriver,
  { renew, mayRestart, log }: RegenerateOptions,
): Promise<string | undefined> {
  const provisioner = provisionerOf(definition, entry.record);
  const endpoint = await driver.ssh();
  const url = await driver.url();
  const { host: address, port } = engineAddress(url);
  if (!renew && !(provisioner && endpoint))
    return (await takesNewClient(host, entry, url)) ? undefined : `${BY_HAND}: name it to have them made`;
  const prepared = await prepareCertificates(host, entry, { enginePort: port, addresses: [address] }, { renew });
  if (!provisioner || !endpoint) {
    log.info('Copying certs to the local machine directory...');
    await prepared.installed();
    if (await takesNewClient(host, entry, url)) return undefined;
    const { serverCert, serverKey, caCert } = entry.paths;
    return `${BY_HAND}. Give it ${serverCert} and ${serverKey}, and ${caCert} for its clients`;
  }
  if (!prepared.differs) {
    await prepared.adopted();
    return undefined;
  }
  if (provisioner.certificatesRestartEngine && !mayRestart) return 'its engine takes them by a restart only';
  log.info('Waiting for SSH to be available...');
  const { signal } = host.options;
  const shell = await openShell(host, entry, endpoint, signal, definition.capabilities.guest);
  try {
    await provisioner.installCertificates({ ...workplace(host, shell, signal), log }, async () => {
      log.info('Copying certs to the local machine directory...');
      return prepared.identity.tls;
    });
  } finally {
    shell.close();
  }
  await prepared.installed(); // only now: until the engine has it, the old one is what it must show
  log.info('Setting Docker configuration on the remote daemon...');
  const restarts = provisioner.certificatesRestartEngine;
  const patience = { restarts, timeout: restarts ? ENGINE_TIMEOUT : RELOAD_TIMEOUT };
  await withEnginePath(host, entry, { endpoint, url, guest: definition.capabilities.guest }, signal, (path) =>
    untilEngineHas(host, entry.config.name, prepared, url, { ...patience, ...path }, signal),
  );
  await prepared.adopted();
  return undefined;
}

/** Nobody but its owner brings certificates into such an engine; whether he has is seen by what it shows and accepts. */
async function takesNewClient(host: MachinesHost, entry: MachineEntry, url: string): Promise<boolean> {
  const authority = await withAuthority(host, authorityOf(entry.config.hostOptions.AuthOptions), async (current) => current);
  const files = { ca: authority.signer, cert: authority.clientCert, key: authority.clientKey };
  const server = await readPem(entry.paths.serverCert);
  const target = { name: entry.config.name, url, files: async () => ({ ...files, ...(server === undefined ? {} : { server }) }) };
  try {
    await engineVersion(target, host.options.signal); // a refused client is told after the handshake only
  } catch {
    host.options.signal.throwIfAborted();
    return false;
  }
  await adopt(entry, authority, [...new Set([authority.fingerprint, ...(entry.record.trust ?? [])])]); // whom else nobody can see
  return true;
}
