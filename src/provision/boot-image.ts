import { MachineError } from '../core/errors.ts';
import type { MachineIdentity } from './identity.ts';
import { renderProfile } from './profile.ts';
import type { Provisioner } from './provisioner.ts';
import { tarOf } from './tar.ts';

/** Our boot image: everything goes in as files of one tar, before the boot on a disk, later through a command of the guest. */
export const bootImageProvisioner: Provisioner = {
  name: 'boot2docker',
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

  async provision() {}, // its first boot did it

  async installCertificates(shell, { tls }, log) {
    log.info('Copying certs to the remote machine...');
    const { exitCode, stderr } = await shell.run(['sudo', '/usr/lib/tsmachine/install-identity'], {
      input: tarOf(new Map(tlsFiles(tls))),
    });
    if (exitCode !== 0)
      throw new MachineError(
        'PROVISION_FAILED',
        `the machine did not take its certificates (exit ${exitCode}): ${stderr.trim() || 'it said nothing'}`,
      );
  },
};

function tlsFiles(tls: MachineIdentity['tls']): [string, Uint8Array][] {
  return [
    ['tls/ca.pem', text(tls.ca)],
    ['tls/server.pem', text(tls.cert)],
    ['tls/server-key.pem', text(tls.key)],
    ['tls/generation', text(`${tls.generation}\n`)],
  ];
}

const text = (content: string): Uint8Array => Buffer.from(content, 'utf8');
