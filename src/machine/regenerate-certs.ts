import { provisionerFor } from '../provision/index.ts';
import { checkEngineTls } from './engine-client.ts';
import { engineAddress } from './engine-connection.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';
import { authorityOf, copyClientFiles, nextServerPair, readIdentity, saveServerPair } from './identity.ts';
import type { OpenDriver } from './open-driver.ts';

/** How long the engine may take until it shows the new certificate, milliseconds. */
const RELOAD_TIMEOUT = 30_000;

/** See `Machine.regenerateCerts`. The caller holds the machine's lock. */
export async function regenerateCerts(
  host: MachinesHost,
  entry: MachineEntry,
  { driver, definition }: OpenDriver,
  clientCerts: boolean,
): Promise<void> {
  const { log, clock, signal } = host.options;
  const provisioner = provisionerFor(definition.capabilities.guest);
  const endpoint = await driver.ssh();
  const { ensureAuthority } = await import('../certs/authority.ts');
  if (clientCerts) log.info('Regenerating local certificates');
  const authority = authorityOf(entry.config.hostOptions.AuthOptions);
  await host.lockStore('certificates', () =>
    ensureAuthority(authority, { user: host.user, now: clock.now(), log, renewClient: clientCerts }),
  );
  const url = await driver.url();
  const { host: address, port } = engineAddress(url);
  if (provisioner) for (const line of ['Waiting for SSH to be available...', 'Detecting the provisioner...']) log.info(line);
  log.info('Copying certs to the local machine directory...');
  const pair = await nextServerPair(host, entry, [address]);
  await copyClientFiles(entry);
  if (!provisioner || !endpoint) {
    await saveServerPair(entry, pair);
    const { serverCert, serverKey, caCert } = entry.paths;
    log.warn(
      `The engine of "${entry.config.name}" is not reached by SSH. Give it ${serverCert} and ${serverKey}, and ${caCert} for its clients.`,
    );
    return;
  }
  const { remoteShell } = await import('../ssh/index.ts');
  const { sshAccess } = await import('./machine-ssh.ts');
  const identity = await readIdentity(entry, { enginePort: port, addresses: [address] }, pair);
  await provisioner.installCertificates(remoteShell(sshAccess(host, entry, endpoint), signal), identity, log);
  await saveServerPair(entry, pair); // only now: until the engine has it, the old one is what it must show
  log.info('Setting Docker configuration on the remote daemon...');
  const limit = clock.now() + RELOAD_TIMEOUT;
  for (;;) {
    try {
      return await checkEngineTls(entry.config, url, provisioner.certificatesRestartEngine, signal);
    } catch (error) {
      if (clock.now() > limit) throw error;
      await clock.sleep(200, signal);
    }
  }
}
