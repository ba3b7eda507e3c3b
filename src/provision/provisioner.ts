import type { EngineWish } from './engine-installer.ts';
import type { Workplace } from './guest.ts';
import type { MachineIdentity } from './identity.ts';

/**
 * A kind of guest: how identity and engine options get into it. Our boot image takes them as files before its first boot; a
 * distribution is set up over SSH.
 */
export interface Provisioner {
  /** New certificates make the engine restart, which may stop containers. */
  readonly certificatesRestartEngine: boolean;
  /** Files for the guest's first boot, relative path → content; none when this kind takes nothing that way. */
  handOver(identity: MachineIdentity): ReadonlyMap<string, Uint8Array>;
  /**
   * Makes a running guest what `order` says. Idempotent: a second time changes and restarts nothing. Throws `OS_NOT_RECOGNIZED`,
   * `SUDO`, `PROVISION_CONFLICT`, `ENGINE_OPTION`, `ENGINE_UNSUPPORTED`, `PACKAGES`, `PROVISION_FAILED` with the guest's words.
   */
  provision(place: Workplace, order: ProvisionOrder): Promise<void>;
  /** Brings certificates into a running guest and has the engine use them. Idempotent. */
  installCertificates(place: Workplace, tls: () => Promise<MachineIdentity['tls']>): Promise<void>;
  /** Brings the engine to the version wished for, or the newest, and restarts it when it changed. Idempotent. */
  upgrade(place: Workplace, wish: EngineWish): Promise<void>;
}

export interface ProvisionOrder {
  readonly hostname: string;
  readonly engine: MachineIdentity['engine'];
  /** The engine listens on IPv6 too. */
  readonly ipv6: boolean;
  readonly wish: EngineWish;
  /** Of engine options that differ from the guest's: it takes only a greater one than it has. Counted up before it is given. */
  nextGeneration(): Promise<number>;
  /** Asked for when the engine is there; tells docker-machine's line about local copies. */
  tls(): Promise<MachineIdentity['tls']>;
  /** Tell which kind of guest it is, as `create` does. */
  readonly announce: boolean;
}
