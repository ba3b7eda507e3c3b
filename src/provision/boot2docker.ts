/**
 * boot2docker, which drivers of virtual machines boot from an ISO: the engine is part of the system, which lies in memory, and
 * what stays over a boot lies in one folder. Our boot image is one where a plugin boots it.
 */
import { MachineError } from '../core/errors.ts';
import type { EngineKind } from './engine-installer.ts';
import type { Guest } from './guest.ts';
import type { MachineIdentity } from './identity.ts';
import type { Distribution } from './os-release.ts';
import { renderProfile } from './profile.ts';
import type { ProvisionOrder } from './provisioner.ts';
import { writeFiles } from './remote-files.ts';
import { BOOT2DOCKER_ENGINE_SCRIPT, BOOT2DOCKER_NAME_SCRIPT } from './scripts/boot2docker.ts';

const FOLDER = '/var/lib/boot2docker';

export const isBoot2docker = ({ id }: Distribution): boolean => id === 'boot2docker';

export async function provisionBoot2docker(guest: Guest, kind: EngineKind, order: ProvisionOrder): Promise<void> {
  const { log } = guest;
  checkEngine(guest, kind, order);
  const profile = renderProfile(order.engine); // what it cannot carry is told before anything changes
  await must(guest, 'the host name', ['sh', '-c', BOOT2DOCKER_NAME_SCRIPT, 'sh', order.hostname]);
  await bringCertificates(guest, await order.tls());
  log.info('Setting Docker configuration on the remote daemon...');
  await writeFiles(guest.root, 'options', [{ path: `${FOLDER}/profile`, mode: 0o644, content: profile }]);
  await startEngine(guest);
}

export async function installBoot2dockerCertificates(guest: Guest, tls: MachineIdentity['tls']): Promise<void> {
  await bringCertificates(guest, tls);
  await startEngine(guest);
}

export function refuseBoot2dockerUpgrade(): never {
  throw new MachineError('ENGINE_UNSUPPORTED', 'the engine is part of boot2docker: a newer one comes with a newer ISO', {
    hint: "make the machine anew with its driver's flag for another ISO",
  });
}

function checkEngine({ engine }: Guest, kind: EngineKind, { wish }: ProvisionOrder): void {
  if (kind === 'ts')
    throw new MachineError('ENGINE_UNSUPPORTED', 'the engine is part of boot2docker, and --engine ts would be another one');
  if (wish.version === '' || engine.version === wish.version) return;
  throw new MachineError('ENGINE_UNSUPPORTED', `Docker ${engine.version} is part of boot2docker; version ${wish.version} was asked for`);
}

async function bringCertificates({ root, log }: Guest, { ca, cert, key }: MachineIdentity['tls']): Promise<void> {
  log.info('Copying certs to the remote machine...');
  await writeFiles(root, 'certificates', [
    { path: `${FOLDER}/ca.pem`, mode: 0o644, content: ca },
    { path: `${FOLDER}/server-key.pem`, mode: 0o600, content: key },
    { path: `${FOLDER}/server.pem`, mode: 0o644, content: cert },
  ]);
}

const startEngine = (guest: Guest) => must(guest, 'the engine', ['sh', '-c', BOOT2DOCKER_ENGINE_SCRIPT]);

async function must({ root }: Guest, what: string, words: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await root.run(words);
  if (exitCode !== 0)
    throw new MachineError('PROVISION_FAILED', `${what} of the machine could not be set: ${stderr.trim() || `exit code ${exitCode}`}`);
}
