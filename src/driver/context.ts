/** What the host hands a driver. */
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { Platform } from '../host/platform.ts';
import type { ProcessRunner } from '../host/process-runner.ts';

/** What does not belong to one machine. */
export interface HostContext {
  /** A stable random id of this store, for tags and process names: two stores never touch each other's objects. */
  readonly storeId: string;
  /** The store's root as the user gave it. */
  readonly storePath: string;
  readonly platform: Platform;
  readonly runner: ProcessRunner;
  readonly log: Logger;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  /** Runs `work` while no other process of this store holds the same lock. Not re-entrant. */
  lock<T>(name: string, work: () => Promise<T>): Promise<T>;
}

export interface DriverContext extends HostContext {
  readonly machineName: string;
  /** The machine's folder (0700), made before `create` is called. The driver's files go here, by names of its own. */
  readonly machineDir: string;
  /** Makes a folder (0700) that is removed when the command ends. */
  tempDir(): Promise<string>;
  /** Stores the driver's state durably now; resolves when a crash can no longer lose it. */
  checkpoint(state: string): Promise<void>;
  /** A verified boot image: the store's current one (built or fetched when there is none), or the one named. */
  bootImage(reference?: string): Promise<BootImage>;
  /** The identity to hand over for this engine address. Certificates are made for it when they are not there or do not fit. */
  identity(request: IdentityRequest): Promise<Identity>;
  /** Starts, or finds, the one supervisor of this machine's VM. */
  supervise(vm: VirtualMachine): Promise<Supervisor>;
  /** The supervisor of a VM that already runs, attached anew when it died; undefined when no such VM runs. */
  supervisor(): Promise<Supervisor | undefined>;
}

export interface BootImage {
  readonly dir: string;
  /** `sha256:…` over the manifest. */
  readonly digest: string;
  readonly cmdline: { readonly base: string; readonly tcg: string };
  /** Absolute paths. */
  readonly files: { readonly kernel: string; readonly initramfs: string; readonly root: string; readonly dataTemplate: string };
}

export interface IdentityRequest {
  /** Port the engine listens on inside the guest: the one it is reached by from here. */
  readonly enginePort: number;
  /** Addresses and names the server certificate must be valid for, besides localhost and the machine's name. */
  readonly addresses: readonly string[];
}

/** Who the machine is: host name, keys, certificates, engine options. Carriers bring it into a guest. */
export interface Identity {
  /** Relative path in the hand-over → content. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** A raw tar for a small virtio disk; 0600, replaced atomically. */
  writeTarDisk(path: string): Promise<void>;
}

/** A QEMU process to be run and watched. The host adds nothing to the arguments. */
export interface VirtualMachine {
  readonly program: string;
  readonly args: readonly string[];
  /** Sockets named in `args`, QEMU being the server of each (`server=on,wait=off`). */
  readonly sockets: { readonly qmp: string; readonly console: string; readonly channel: string };
  /** Milliseconds without one byte from the guest after which its kernel counts as not starting. */
  readonly silenceLimit?: number;
}

/** The supervisor's face, over its socket in the machine's folder. Any call may find it dead: the context attaches a new one. */
export interface Supervisor {
  /** Resolves when the guest is ready; see `ReadinessPush`. Throws `GUEST_SILENT` when `silenceLimit` passed without a byte. */
  awaitReady(onPhase: (phase: string, seconds: number) => void, signal: AbortSignal): Promise<void>;
  /** QEMU's own word: running, paused, shutdown, internal-error … (QMP query-status). */
  vmStatus(): Promise<string>;
  /** Presses the power button (QMP system_powerdown). */
  powerButton(): Promise<void>;
  /** Ends QEMU at once and waits until its process is gone. Idempotent. */
  kill(): Promise<void>;
  /** Resolves when the QEMU process is gone. */
  awaitExit(timeout: number): Promise<boolean>;
}
