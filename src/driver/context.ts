/** What the host hands a driver. */
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { Platform } from '../host/platform.ts';
import type { ProcessRunner } from '../host/process-runner.ts';
import type { Supervisor, VirtualMachine } from '../host/virtual-machine.ts';
import type { SshEndpoint } from './contract.ts';

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
  /**
   * The value of one of the driver's secret flags, '' when it was not given: from the command line of this create, a 0600 file
   * of the machine, or the environment variable it came from. It is hidden in logs and errors from then on; the driver keeps it
   * out of its state and of every command line. Throws SECRET_UNSET when it came from a variable that is not set now.
   */
  secret(flag: string): Promise<string>;
  /** The machine's own RSA pair, `id_rsa` and `id_rsa.pub` in its folder, made when it is not there: for servers that are given a key. */
  sshKey(): Promise<SshKeyPair>;
  /** A new Ed25519 host key for a server that is given one before it boots. It is stored nowhere. */
  newHostKey(): Promise<HostKeyPair>;
  /** Stores the driver's state durably now; resolves when a crash can no longer lose it. */
  checkpoint(state: string): Promise<void>;
  /** A verified boot image: the store's current one (built or fetched when there is none), or the one named. */
  bootImage(reference?: string): Promise<BootImage>;
  /** The identity to hand over for this engine address. Certificates are made for it when they are not there or do not fit. */
  identity(request: IdentityRequest): Promise<Identity>;
  /** The states (as last stored) of this store's other machines that have the same driver; broken entries are left out. */
  peers(): Promise<readonly string[]>;
  /**
   * Runs a command on the machine over SSH, by way of its jump hosts; `root`: as root, by sudo where the user is another. Gives
   * whatever exit code it had. Throws `SSH_FAILED`, `SSH_HOST_KEY`, `SSH_KEY`, `SUDO`.
   */
  runRemote(endpoint: SshEndpoint, words: readonly string[], options?: { readonly root?: boolean }): Promise<RemoteOutcome>;
  /** Whether the machine's SSH port accepts a connection within so many milliseconds; behind jump hosts, whether a login succeeds. */
  reachable(endpoint: SshEndpoint, timeout: number): Promise<boolean>;
  /** Starts the VM under a supervisor of its own. Throws `VM_START_FAILED` with QEMU's words; nothing is left running then. */
  supervise(vm: VirtualMachine): Promise<Supervisor>;
  /** The supervisor of a VM that already runs, attached anew when it died; undefined when no such VM runs. */
  supervisor(): Promise<Supervisor | undefined>;
  /** Whether this machine's VM process lives, by pid and start time: a few file reads, nothing is started. */
  vmAlive(): Promise<boolean>;
}

export interface SshKeyPair {
  /** Of the private key. */
  readonly path: string;
  /** `ssh-rsa AAAA…`, without a comment. */
  readonly publicLine: string;
}

export interface HostKeyPair {
  /** In OpenSSH's own format. */
  readonly privateKey: string;
  /** `ssh-ed25519 AAAA…`, without a comment. */
  readonly publicLine: string;
}

export interface RemoteOutcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
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
