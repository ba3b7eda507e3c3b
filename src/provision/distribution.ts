/** Provisioning of Linux distributions: looks, then changes, one round trip a step. */
import { MachineError } from '../core/errors.ts';
import { installBoot2dockerCertificates, isBoot2docker, provisionBoot2docker, refuseBoot2dockerUpgrade } from './boot2docker.ts';
import { CERTIFICATE_FOLDER, type DaemonOptions } from './daemon-arguments.ts';
import { parseDaemonJson, refuseConflicts } from './daemon-json.ts';
import type { EngineInstaller } from './engine-installer.ts';
import { leaveEngineTs } from './engine-ts-switch.ts';
import { readEngineFacts, readFacts } from './facts.ts';
import { familyOf, provisionerName } from './families.ts';
import type { Guest, Workplace } from './guest.ts';
import type { MachineIdentity } from './identity.ts';
import { optionsFile, renderOpenRc, withOurPart } from './openrc-conf.ts';
import { rootShell } from './privilege.ts';
import type { Provisioner, ProvisionOrder } from './provisioner.ts';
import { remoteFailure } from './reason.ts';
import { writeFiles } from './remote-files.ts';
import { withRemoteLock } from './remote-lock.ts';
import { HOSTNAME_SCRIPT } from './scripts/hostname.ts';
import { SERVICE_SCRIPT } from './scripts/service.ts';
import { DROP_IN, renderDropIn } from './systemd-drop-in.ts';

export function distributionProvisioner(installer: EngineInstaller): Provisioner {
  const { certificatesRestartEngine } = installer;
  return {
    certificatesRestartEngine,
    handOver: () => new Map(),
    provision: (place, order) =>
      onGuest(place, order.announce, (guest) =>
        isBoot2docker(guest.facts.distribution) ? provisionBoot2docker(guest, installer.kind, order) : provision(guest, installer, order),
      ),
    installCertificates: (place, tls) =>
      onGuest(place, false, async (guest) => {
        const given = await tls();
        if (isBoot2docker(guest.facts.distribution)) return installBoot2dockerCertificates(guest, given);
        place.log.info('Copying certs to the remote machine...');
        await writeCertificates(guest, given);
        await applyToService(guest, certificatesRestartEngine);
      }),
    upgrade: (place, wish) =>
      onGuest(place, false, async (guest) => {
        if (isBoot2docker(guest.facts.distribution)) refuseBoot2dockerUpgrade();
        place.log.info('Upgrading docker...');
        await installer.check(guest);
        const changed = await installer.upgrade(guest, wish);
        if (changed) await noteChange(guest);
        place.log.info(changed ? 'Restarting docker...' : 'docker is the newest already.');
        await applyToService(guest, certificatesRestartEngine);
      }),
  };
}

/** Detects, becomes root, and works while nobody else does. */
async function onGuest(place: Workplace, announce: boolean, work: (guest: Guest) => Promise<void>): Promise<void> {
  place.log.info('Detecting the provisioner...');
  const facts = await readFacts(place.shell);
  const family = familyOf(facts.distribution);
  if (announce) place.log.info(`Provisioning with ${provisionerName(facts.distribution)}...`);
  const { shell: _login, ...rest } = place;
  const root = await rootShell(place, facts);
  await withRemoteLock(root, place.log, async () => work({ ...rest, root, facts, family, engine: await readEngineFacts(root) }));
}

async function provision(guest: Guest, installer: EngineInstaller, order: ProvisionOrder): Promise<void> {
  const { log } = guest;
  await installer.check(guest);
  renderOptions(guest, installer, order); // what cannot be rendered or conflicts is told before anything changes
  await setHostname(guest, order.hostname);
  const left = installer.kind === 'docker' && (await leaveEngineTs(guest));
  const before = left ? { ...guest, engine: await readEngineFacts(guest.root) } : guest;
  const changed = (await installer.install(before, order.wish)) || left;
  if (changed) await noteChange(guest);
  const now = changed ? { ...guest, engine: await readEngineFacts(guest.root) } : guest;
  const tls = await order.tls();
  log.info('Copying certs to the remote machine...');
  await writeCertificates(now, tls);
  log.info('Setting Docker configuration on the remote daemon...');
  await writeFiles(now.root, 'options', [renderOptions(now, installer, order)]);
  await applyToService(now, installer.certificatesRestartEngine);
}

/** The user's storage driver, else daemon.json's, else the usual one of this kind of engine and distribution. */
function daemonOptions(guest: Guest, installer: EngineInstaller, { engine, ipv6 }: ProvisionOrder): DaemonOptions {
  const found = parseDaemonJson(guest.engine.daemonJson);
  const usual = Object.hasOwn(found, 'storage-driver') ? '' : installer.storageDriver(guest);
  const options = {
    ...engine,
    storageDriver: engine.storageDriver || usual,
    program: installer.program ?? guest.engine.program ?? '/usr/bin/dockerd',
    ipv6,
  };
  refuseConflicts(found, options);
  return options;
}

function renderOptions(guest: Guest, installer: EngineInstaller, order: ProvisionOrder) {
  const options = daemonOptions(guest, installer, order);
  const { facts, engine, family } = guest;
  if (facts.init === 'systemd') return { path: DROP_IN, mode: 0o644, content: renderDropIn(options) };
  // Before anything is installed, the script is the one that will be.
  const theirs = engine.initScript === 'tsmachine' ? undefined : engine.initScript;
  const script = installer.kind === 'ts' ? 'openrc' : (theirs ?? family.initScript ?? 'openrc');
  return { path: optionsFile(script), mode: 0o644, content: withOurPart(engine.optionsFile, renderOpenRc(options, script)) };
}

async function setHostname({ root }: Guest, name: string): Promise<void> {
  const result = await root.run(['sh', '-c', HOSTNAME_SCRIPT, 'sh', name, name.replaceAll('.', '\\.')]);
  if (result.exitCode !== 0) throw remoteFailure('PROVISION_FAILED', `the host name could not be set to ${name}`, result);
}

async function writeCertificates({ root }: Guest, { ca, cert, key }: MachineIdentity['tls']): Promise<void> {
  await writeFiles(root, 'certificates', [
    { path: `${CERTIFICATE_FOLDER}/ca.pem`, mode: 0o600, content: ca },
    { path: `${CERTIFICATE_FOLDER}/server-key.pem`, mode: 0o600, content: key },
    { path: `${CERTIFICATE_FOLDER}/server.pem`, mode: 0o600, content: cert },
  ]);
}

/** The engine must be restarted, should this be the last thing that happens. */
async function noteChange({ root }: Guest): Promise<void> {
  await root.run(['sh', '-c', 'mkdir -p /run/tsmachine && : >/run/tsmachine/options']);
}

async function applyToService({ root, facts, engine }: Guest, certificatesRestart: boolean): Promise<void> {
  const { exitCode, stderr } = await root.run(['sh', '-c', SERVICE_SCRIPT, 'sh', facts.init, certificatesRestart ? 'no' : 'yes']);
  if (exitCode === 0) return;
  const others = engine.dropIns.filter((path) => path !== DROP_IN);
  throw new MachineError('PROVISION_FAILED', `service docker does not start: ${stderr.trim() || `exit code ${exitCode}`}`, {
    hint: others.length > 0 ? `${others.join(', ')} also set its command line` : 'journalctl -u docker on the machine says more',
  });
}
