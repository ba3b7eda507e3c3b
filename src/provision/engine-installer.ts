import type { Guest } from './guest.ts';

/** Docker's own engine, or ours. */
export type EngineKind = 'docker' | 'ts';

/** What `create` was told about the engine, and remembers. */
export interface EngineWish {
  /** '' for the newest. */
  readonly version: string;
  /** A script that installs Docker, or docker-machine's default, which means packages. */
  readonly installUrl: string;
}

/**
 * Puts one kind of engine onto a distribution as service `docker`. Options, certificates, enabling and starting are the same for
 * all kinds and done by the provisioner.
 */
export interface EngineInstaller {
  readonly kind: EngineKind;
  /** Path of its dockerd, where it is always the same. */
  readonly program?: string;
  /** New certificates make the engine restart; otherwise a reload (SIGHUP) is enough. */
  readonly certificatesRestartEngine: boolean;
  /** Throws `ENGINE_UNSUPPORTED` with the reason where this engine cannot run. Looks only. */
  check(guest: Guest): Promise<void>;
  /** Program and service; gives whether anything changed, so that a restart is due. Idempotent; an engine that is there stays as it is. */
  install(guest: Guest, wish: EngineWish): Promise<boolean>;
  /** The version wished for, or the newest; gives whether anything changed. Idempotent. */
  upgrade(guest: Guest, wish: EngineWish): Promise<boolean>;
  /** Passed as --storage-driver when neither the user nor daemon.json names one; '' for none. */
  storageDriver(guest: Guest): string;
}
