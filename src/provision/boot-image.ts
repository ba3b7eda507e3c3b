import { MachineError } from '../core/errors.ts';
import type { RemoteShell } from '../ssh/remote-shell.ts';
import type { MachineIdentity } from './identity.ts';
import { renderProfile } from './profile.ts';
import type { Provisioner } from './provisioner.ts';
import { tarOf } from './tar.ts';

/** Our boot image: everything goes in as files of one tar, before the boot on a disk, later through a command of the guest. */
export const bootImageProvisioner: Provisioner = {
  certificatesRestartEngine: false,

  handOver(identity) {
    const { hostname, authorizedKey, hostKey, tls, engine } = identity;
    return new Map<string, Uint8Array>([
      ['hostname', text(`${hostname}\n`)],
      ['ssh/authorized_keys', text(`${authorizedKey.trim()}\n`)],
      ...(hostKey ? [['ssh/dropbear_ed25519_host_key', hostKey] as const] : []),
      ...tlsFiles(tls),
      ['engine/profile', text(renderProfile(engine))],
      ['engine/generation', text(`${engine.generation}\n`)],
      ['engine/port', text(`${engine.port}\n`)],
    ]);
  },

  /** Its first boot did it; what was changed since then, and lost certificates, are brought in. */
  async provision({ shell, log }, { announce, engine, tls, nextGeneration }) {
    log.info('Detecting the provisioner...');
    if (announce) log.info('Provisioning with boot2docker...');
    const given = await tls();
    log.info('Copying certs to the remote machine...');
    await install(shell, tlsFiles(given));
    log.info('Setting Docker configuration on the remote daemon...');
    const profile = renderProfile(engine);
    const { stdout } = await shell.run(['sudo', 'cat', '/var/lib/boot2docker/profile']);
    if (stdout === profile) return;
    const generation = await nextGeneration();
    await install(shell, [
      ['engine/profile', text(profile)],
      ['engine/generation', text(`${generation}\n`)],
    ]);
    await must(shell, ['sudo', '/etc/init.d/docker', 'restart']);
  },

  async installCertificates({ shell, log }, tls) {
    log.info('Detecting the provisioner...');
    const given = await tls();
    log.info('Copying certs to the remote machine...');
    await install(shell, tlsFiles(given));
  },

  async upgrade() {
    throw new Error('the boot image is replaced as a whole');
  },
};

async function install(shell: RemoteShell, files: readonly [string, Uint8Array][]): Promise<void> {
  await must(shell, ['sudo', '/usr/lib/tsmachine/install-identity'], tarOf(new Map(files)));
}

async function must(shell: RemoteShell, words: readonly string[], input?: Uint8Array): Promise<void> {
  const { exitCode, stderr } = await shell.run(words, input ? { input } : {});
  if (exitCode !== 0)
    throw new MachineError(
      'PROVISION_FAILED',
      `${words.at(-1)} of the machine failed (exit ${exitCode}): ${stderr.trim() || 'it said nothing'}`,
    );
}

function tlsFiles(tls: MachineIdentity['tls']): [string, Uint8Array][] {
  return [
    ['tls/ca.pem', text(tls.ca)],
    ['tls/server.pem', text(tls.cert)],
    ['tls/server-key.pem', text(tls.key)],
    ['tls/generation', text(`${tls.generation}\n`)],
  ];
}

const text = (content: string): Uint8Array => Buffer.from(content, 'utf8');
