import type { Logger } from '../core/logger.ts';
import type { RemoteShell } from '../ssh/remote-shell.ts';
import type { MachineIdentity } from './identity.ts';

/**
 * A kind of guest: how identity and engine options get into it. Our boot image takes them as files before its first boot; a
 * distribution is set up over SSH.
 */
export interface Provisioner {
  /** As in `Provisioning with …`. */
  readonly name: string;
  /** New certificates make the engine restart, which may stop containers. */
  readonly certificatesRestartEngine: boolean;
  /** Files for the guest's first boot, relative path → content; none when this kind takes nothing that way. */
  handOver(identity: MachineIdentity): ReadonlyMap<string, Uint8Array>;
  /** Makes a running guest what `identity` says. Idempotent. Throws `PROVISION_FAILED` with the guest's words. */
  provision(shell: RemoteShell, identity: MachineIdentity, log: Logger): Promise<void>;
  /** Brings certificates into a running guest and has the engine use them. Idempotent. */
  installCertificates(shell: RemoteShell, identity: MachineIdentity, log: Logger): Promise<void>;
}
