/**
 * The life cycle as a library: what the commands call. Nothing here prints or asks; progress goes through `Logger` (the
 * lines docker-machine prints) and `StepListener` (what a terminal shows as steps).
 */
import type { CertificateFacts } from '../certs/inspect.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { DriverDefinition, FlagValues, MachineState, SshEndpoint } from '../driver/index.ts';
import type { AttachedStreams } from '../host/attached.ts';
import type { Platform } from '../host/platform.ts';
import type { ProcessRunner } from '../host/process-runner.ts';
import type { LocalPorts } from '../host/virtual-machine.ts';
import type { BrokenImage, CachedImage } from '../image/index.ts';
import type { ForwardSpec } from '../ssh/forwards/forward-spec.ts';
import type { ClientStreams, CopyListener, SessionOptions, SshConnection } from '../ssh/index.ts';
import type { MachineConfig } from '../store/config.ts';
import type { SwarmHostOptions } from '../store/host-options.ts';
import type { EngineKind, MachineRecord } from '../store/record.ts';
import type { SecretSources } from '../store/secrets.ts';

export interface MachinesOptions {
  /** Store root, verbatim: --storage-path, $MACHINE_STORAGE_PATH, else ~/.docker/machine. */
  readonly storePath: string;
  readonly platform: Platform;
  readonly runner: ProcessRunner;
  readonly log: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** --tls-ca-cert and its kin: only `create` reads them. */
  readonly tls?: { caCert?: string; caKey?: string; clientCert?: string; clientKey?: string };
  /** Asks the user, where there is one to ask: a password, a passphrase, a yes. Undefined: nobody answered. */
  readonly ask?: ((question: Question) => Promise<string | undefined>) | undefined;
  /** ssh2 (true, the default) or the computer's own ssh client. */
  readonly nativeSsh?: boolean;
  /** Where drivers come from: `driverLoader` of src/plugins. The same name gives the same definition. */
  readonly loadDriver: (name: string) => Promise<DriverDefinition>;
}

export interface Question {
  readonly text: string;
  /** Not shown while it is typed, and never stored or logged. */
  readonly secret: boolean;
}

export interface CreateRequest {
  readonly name: string;
  readonly driver: DriverDefinition;
  /** Without the secret ones. */
  readonly driverFlags: FlagValues;
  /** The secret ones that were given. */
  readonly secrets?: SecretSources;
  readonly engine: EngineOptions;
  readonly tlsSan: readonly string[];
  /** Classic Swarm's flags: written to config.json for those who read it, and nothing more (its image is no longer published). */
  readonly swarm?: Partial<SwarmHostOptions>;
  /** Jump hosts on the way to the machine, in the form of ssh's -J. */
  readonly sshProxyJump?: string;
  /** Make a Docker context for the machine. */
  readonly context?: boolean;
}

/** docker-machine's --engine-* flags. */
export interface EngineOptions {
  readonly opts: readonly string[];
  readonly insecureRegistries: readonly string[];
  readonly registryMirrors: readonly string[];
  readonly labels: readonly string[];
  readonly storageDriver: string;
  readonly env: readonly string[];
  readonly installUrl: string;
  /** Undefined: what the guest comes with; of a distribution Docker's own. */
  readonly kind?: EngineKind;
  /** '' or undefined for the newest. */
  readonly version?: string;
}

/**
 * A step of a long operation, told when it begins, when it says something, and when it ends. The names of create's are
 * `CREATE_STEPS`; one that comes after the making of the VM is in the journal before its begin is told.
 */
export interface StepListener {
  begin(step: string, title: string): void;
  detail(step: string, text: string): void;
  end(step: string, milliseconds: number): void;
}

export interface Machines {
  /** Names in the store, byte order, without loading anything. */
  names(): Promise<string[]>;
  exists(name: string): Promise<boolean>;
  /** Throws MACHINE_NOT_FOUND (docker-machine's text) or MACHINE_BROKEN (the entry cannot be read; says why). */
  load(name: string): Promise<Machine>;
  /** config.json's text as the store has it, for a machine whose driver is not here. Throws MACHINE_NOT_FOUND, MACHINE_BROKEN. */
  storedConfig(name: string): Promise<string>;
  /**
   * Creates, or resumes after a crash or an error. Throws MACHINE_EXISTS for a complete machine, INVALID_NAME,
   * PRE_CREATE_CHECK (exit code 3), CREATE_FAILED (the VM is undone, the entry stays in state Error). An abort undoes everything
   * and throws the signal's reason.
   */
  create(request: CreateRequest, steps: StepListener): Promise<void>;
  /**
   * What `create` would make or change, a line each; nothing is written or made. Where the driver cannot tell, one line stands for
   * its part. Throws MACHINE_EXISTS, INVALID_NAME, and what the driver says of its flags.
   */
  plan(request: CreateRequest): Promise<readonly string[]>;
  /** The driver's `remove`, then the entry. With force the entry goes even when the driver failed (that error is told, not thrown). */
  remove(name: string, options: { force: boolean }): Promise<void>;
  /**
   * Copies files to, from and between machines as scp does. Gives the number of files that were left out, each told to the
   * listener. Throws MACHINE_NOT_FOUND, NO_SSH, SSH_FAILED when a connection cannot be made or breaks.
   */
  copy(request: CopyBetween, listener: CopyListener): Promise<number>;
  /**
   * The same with the computer's own scp, or its rsync, which sends only what differs. Throws TOOL_MISSING, TOOL_FAILED with the
   * program's exit status, RSYNC_REMOTE.
   */
  copyWith(tool: 'scp' | 'rsync', request: CopyBetween & { readonly quiet: boolean }, streams: AttachedStreams): Promise<void>;
  /** Mounts a folder of a machine with the computer's sshfs. Throws TOOL_MISSING, TOOL_FAILED. */
  mount(place: CopyPlace, mountPoint: string, streams: AttachedStreams): Promise<void>;
  unmount(mountPoint: string, streams: AttachedStreams): Promise<void>;
  /**
   * What is left of machines that are gone: processes, files, boot images, Docker contexts, machines that `rm -f` could not remove,
   * objects at providers. Of this store alone; what a running command works on is none.
   */
  orphans(): Promise<readonly Orphan[]>;
  /**
   * The state of one of these machines, where its driver tells those of many in one call, which is made at the first question;
   * undefined for one that is to be asked itself: the driver has no such call, it failed, or it left the machine out.
   */
  statesTogether(machines: readonly Machine[]): (machine: Machine) => Promise<MachineState | undefined>;
  /**
   * Makes a new CA and client pair for the store, or goes on with a rotation that did not end. Nobody uses them yet; the old CA is
   * trusted until every machine trusts the new one too.
   */
  beginRotation(): Promise<void>;
  /**
   * Brings what `beginRotation` made to every machine that runs (where the engine must restart for it only to those `named`), and
   * ends the rotation when all have it. Gives the machines that wait; each gets it when it starts.
   */
  continueRotation(named: readonly string[]): Promise<readonly WaitingMachine[]>;
  /** Certificates of the store and of these machines, from files alone; broken entries are left out. */
  certificates(names: readonly string[]): Promise<StoreCertificates>;
  readonly images: Images;
}

export interface ForwardRequest {
  /** As ssh's -L. */
  readonly local: readonly ForwardSpec[];
  /** Every port that a running container publishes, for as long as it does. */
  readonly published: boolean;
  /** Address on this computer for published ports; '' for its loopback. */
  readonly bind: string;
  /** Path of a Unix socket to be the engine's. */
  readonly socket?: string;
}

export interface ForwardListener {
  opened(place: string, target: string): void;
  closed(place: string): void;
  /** Something does not work now; the others go on. */
  trouble(text: string): void;
}

/** A path on this computer, or on a machine as one of its users (default: the one that `ssh` logs in as). */
export interface CopyPlace {
  readonly path: string;
  readonly machine?: string;
  readonly user?: string;
}

export interface CopyBetween {
  readonly from: CopyPlace;
  readonly to: CopyPlace;
  /** Folders too. */
  readonly recursive: boolean;
}

/** One certificate of the store and where it lies. */
export type StoreCertificate = {
  readonly kind: 'ca' | 'client' | 'server';
  readonly path: string;
  /** Whose it is: a server certificate, or a copy that `certs/` does not have. */
  readonly machine?: string;
} & (CertificateFacts | { readonly error: string });

export interface StoreCertificates {
  readonly certificates: readonly StoreCertificate[];
  /** Machines that a rotation of the CA waits for; undefined when none goes on. */
  readonly waiting: readonly string[] | undefined;
}

export interface WaitingMachine {
  readonly name: string;
  readonly reason: string;
}

export interface Orphan {
  readonly kind: 'process' | 'machine' | 'remote' | 'context' | 'files' | 'image';
  readonly name: string;
  readonly reason: string;
  /** Gone already is success. False when another command works on its machine now. Throws what the removal throws. */
  remove(): Promise<boolean>;
}

/** The store's boot images. Changes are made under the store's lock for images. */
export interface Images {
  list(): Promise<readonly (CachedImage | BrokenImage)[]>;
  /**
   * Builds one and makes it the current one; what it does is told by `log.info`. With `ifNeeded` a current one that holds this
   * package's engine and guest is given back as it is. Throws as `buildImage`.
   */
  build(options: { readonly mirror?: string; readonly ifNeeded?: boolean }): Promise<CachedImage>;
  /** By digest or an unambiguous beginning. Throws IMAGE_NOT_FOUND, IMAGE_AMBIGUOUS, IMAGE_IN_USE. Gives the whole digest. */
  remove(reference: string): Promise<string>;
}

export type MachineFacts = Pick<MachineRecord, 'phase' | 'error' | 'engine' | 'sshProxyJump' | 'context' | 'hostKeys'>;

export interface Machine {
  readonly name: string;
  readonly config: MachineConfig;
  readonly driverName: string;
  /** Why its creation failed, when it did: its state is Error. */
  readonly failure: string | undefined;
  /** What config.json has no field for. */
  readonly facts: MachineFacts;
  /** config.json's text with the driver's part as it is now: key order and 64-bit numbers are the driver's own. */
  inspect(): Promise<string>;
  state(): Promise<MachineState>;
  url(): Promise<string>;
  ip(): Promise<string>;
  ssh(): Promise<MachineSsh | undefined>;
  /**
   * Starts it, waits for its engine, and gives that a certificate for a new address. An engine that must restart for it is
   * restarted with `yes` or after a yes; else a warning says what to run.
   */
  start(options?: { readonly yes?: boolean }): Promise<void>;
  stop(): Promise<void>;
  /** As `start`. */
  restart(options?: { readonly yes?: boolean }): Promise<void>;
  kill(): Promise<void>;
  /**
   * Connects to the engine and verifies chain, dates, address and, where the store has server.pem, that it is that very key.
   * With a URL: the same for that address of the machine. Throws TLS_CHECK_FAILED with docker-machine's message (section 2.1 of its reference): reason, addresses, the command that
   * mends. The message is of several lines.
   */
  checkTls(url?: string): Promise<void>;
  /**
   * Sets the guest up again with what the store says; a second time changes and restarts nothing. See `provisionMachine`. `engine`
   * gives a distribution another engine, which stops containers: only with `agreed` or after a yes.
   */
  provision(options?: { readonly engine?: EngineKind; readonly agreed?: boolean }): Promise<void>;
  /** The newest engine, or the version once asked for: packages of a distribution, the boot image of a local machine. */
  upgrade(): Promise<void>;
  /** The engine's version over TLS (`GET /version`). Throws ENGINE_UNREACHABLE. */
  engineVersion(): Promise<string>;
  /** What its engine shows and the copies that its clients use, from files alone. */
  certificates(): Promise<readonly StoreCertificate[]>;
  /**
   * New server certificate, brought into the running machine; with `clientCerts` as a part of a rotation, which leaves a machine
   * that is off for its next start.
   */
  regenerateCerts(options?: { readonly clientCerts?: boolean }): Promise<void>;
  /**
   * Makes or updates the machine's Docker context, and gives its name. From then on it follows the machine's address and
   * certificates. Throws CONTEXT_NAME, CONTEXT_FOREIGN (a context of that name is not this machine's), HOST_NOT_RUNNING.
   */
  makeContext(): Promise<string>;
  /** Whether there was one. */
  removeContext(): Promise<boolean>;
  /**
   * Leads ports of the machine to this computer until the library's signal aborts, over SSH; a connection that breaks is made
   * anew. Throws NO_SSH, SSH_FORWARD (a place that was asked for is taken), and as `MachineSsh.connect` at the begin.
   */
  forward(request: ForwardRequest, listener: ForwardListener): Promise<void>;
  /** What containers publish, as it answers on this computer, and the engine's socket. Throws HOST_NOT_RUNNING, NO_LOCAL_PORTS. */
  localPorts(): Promise<LocalPorts>;
  close(): Promise<void>;
}

export interface MachineSsh {
  readonly endpoint: SshEndpoint;
  /** Pinned host keys, OpenSSH public key form; empty when the first contact is still to come. */
  readonly hostKeys: readonly string[];
  /**
   * Runs a command (one line for the remote shell) or a login shell, streams untouched; gives the remote exit code. A first
   * contact's host key is told by `log.info` and pinned. Throws SSH_KEY, SSH_HOST_KEY (it changed), SSH_FAILED.
   */
  run(session: SessionOptions): Promise<number>;
  /**
   * What `ssh` does with these words after the machine's name: options of ssh(1), then a command; without one a login shell. With
   * `MachinesOptions.nativeSsh` false the computer's own client does it. Gives the exit code. Throws SSH_OPTION and SSH_FORWARD too.
   */
  client(words: readonly string[], streams: ClientStreams): Promise<number>;
  /** A block for ~/.ssh/config, with a known_hosts file of the machine's folder. A first contact is told and pinned. */
  configBlock(signal: AbortSignal): Promise<string>;
  /** The path of a file for `ssh -F`, in which the machine's name is the host; jump hosts and the user's own settings are in it. */
  configFile(signal: AbortSignal): Promise<string>;
  /** The host keys that the machine shows now, one of each kind, OpenSSH public key form; nobody logs in. */
  shownHostKeys(signal: AbortSignal): Promise<readonly string[]>;
  /** Pins the key of this fingerprint (`SHA256:…`) instead of the old ones. Throws SSH_HOST_KEY when nobody shows it. */
  acceptHostKey(fingerprint: string, signal: AbortSignal): Promise<void>;
  /** A logged-in connection, also as another user; the caller closes it. Throws as `run`. */
  connect(signal: AbortSignal, user?: string): Promise<SshConnection>;
}
