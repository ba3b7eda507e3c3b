/**
 * The driver contract, published as "tsmachine/driver". A driver is a module whose default export is a `DriverDefinition`.
 * It imports nothing of ours but this entry: everything it needs comes in its context.
 *
 * Rules for every method: asynchronous; honours `context.signal` (rejects with its reason); throws `MachineError` for what a
 * user can understand; never prints. Whether a method is idempotent is said on it.
 */
import type { Platform } from '../host/platform.ts';
import type { LocalPorts } from '../host/virtual-machine.ts';
import type { BootImage, DriverContext, HostContext } from './context.ts';
import type { FlagSpec, FlagValues } from './flags.ts';

/** Version of this contract. A module of another one is refused by name and version, not by a crash. */
export const CONTRACT_VERSION = 1;

/** docker-machine's state words. `None` is a machine the driver has never made; `Timeout` only the host says. */
export type MachineState = 'None' | 'Running' | 'Paused' | 'Saved' | 'Stopped' | 'Stopping' | 'Starting' | 'Error' | 'Timeout';

/** Facts about a driver that the host reads instead of asking for its name. */
export interface Capabilities {
  /** What runs inside: our boot image (handed over at boot), a distribution (provisioned over SSH), or nothing of ours (a URL). */
  readonly guest: 'boot-image' | 'distribution' | 'none';
  /**
   * Where the SSH host key comes from, strongest first: `given` before boot through the hand-over; `read` from a console or
   * API (the driver has `HostKeyReader`); `first-contact`: the fingerprint is shown and then pinned.
   */
  readonly hostKey: 'given' | 'read' | 'first-contact' | 'none';
  /** start, stop, restart and kill mean something. */
  readonly power: boolean;
  /** The machine's address is this computer's loopback, shared with other machines and told apart by port alone. */
  readonly sharedAddress: boolean;
}

export interface DriverDefinition {
  readonly contract: typeof CONTRACT_VERSION;
  /** As given to `create --driver`. */
  readonly name: string;
  /** One line for help texts. */
  readonly description: string;
  readonly capabilities: Capabilities;
  /** `create` flags, as data. */
  readonly flags: readonly FlagSpec[];
  /** Whether `create` without --driver may choose this driver here. Quick (no more than a look at files), idempotent. */
  usable?(platform: Platform): Promise<Usability>;
  /** A driver of one machine. `state` is what `serialize` gave or a checkpoint wrote; undefined for a new machine. No I/O. */
  open(context: DriverContext, state: string | undefined): Driver;
  /**
   * The states of many machines at once, when that is cheaper than asking each (one API call for an account). Machines left
   * out of the answer are asked singly. Idempotent.
   */
  states?(context: HostContext, machines: readonly AskedMachine[]): Promise<ReadonlyMap<string, MachineState>>;
}

/** A machine whose state is asked together with others'. */
export interface AskedMachine {
  readonly name: string;
  /** As last stored. */
  readonly state: string;
  /** As `DriverContext.secret`, of this machine. */
  secret(flag: string): Promise<string>;
}

export type Usability = { usable: true } | { usable: false; reason: string; hint?: string };

/** Life cycle of one machine. `serialize` after any method is what the host stores. */
export interface Driver {
  /** The driver's state: an opaque JSON object text, stored value for value. No I/O. */
  serialize(): string;
  /** Takes the values of the driver's flags of a new machine. Idempotent, no side effects. Throws on values that cannot be right. */
  configure(flags: FlagValues): Promise<void>;
  /** Is everything there that `create` needs? Idempotent, changes nothing. Its errors give exit code 3. */
  preCreateCheck(): Promise<void>;
  /**
   * Makes and starts the machine. NOT idempotent: before each thing made that would have to be removed again it writes what it
   * is about to make with `context.checkpoint`, so that `remove` finds it after a crash at any line.
   */
  create(): Promise<void>;
  /** Undoes whatever part of `create` happened, by the last checkpoint. Idempotent: nothing left is success. */
  remove(): Promise<void>;
  /** Starts a stopped machine; a running one is left alone. Idempotent. */
  start(): Promise<void>;
  /** Asks the guest to shut down and waits until it has. Idempotent. */
  stop(): Promise<void>;
  restart(): Promise<void>;
  /** Pulls the plug. Idempotent. */
  kill(): Promise<void>;
  /** Never guessed: what is true now. Idempotent. */
  state(): Promise<MachineState>;
  /** `tcp://host:port` of the engine, or '' when there is none yet. Throws `HOST_NOT_RUNNING` ("Host is not running") as docker-machine. */
  url(): Promise<string>;
  /** Address without port (driver none: what docker-machine shows, with it). */
  ip(): Promise<string>;
  /** Where and as whom to log in; undefined when the driver has no SSH. */
  ssh(): Promise<SshEndpoint | undefined>;
  /** Lets go of processes and connections the driver object holds; the machine itself is not touched. Idempotent. */
  close(): Promise<void>;
}

/** Methods that every driver has, `serialize` aside. */
export const LIFE_CYCLE = [
  'configure',
  'preCreateCheck',
  'create',
  'remove',
  'start',
  'stop',
  'restart',
  'kill',
  'state',
  'url',
  'ip',
  'ssh',
  'close',
] as const satisfies readonly (keyof Driver)[];

export interface SshEndpoint {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Private key file on this computer; '' for none of the machine's own: the user's default keys and agent are tried. */
  readonly keyPath: string;
}

// ---- optional abilities: a driver that has one implements the interface; the host asks with the guard beside it

/** The guest tells when it is ready, so nobody polls. */
export interface ReadinessPush {
  /**
   * Resolves when the guest said its engine listens. Phases of the boot are told as they come, with seconds since the VM's
   * start. Throws `GUEST_FAILED` with the guest's words, or `GUEST_TIMEOUT` with the end of the console log. Idempotent.
   */
  awaitReady(onPhase: (phase: string, seconds: number) => void): Promise<void>;
}

/** The SSH host key can be read from a console or an API. */
export interface HostKeyReader {
  /** OpenSSH public key lines (`ssh-ed25519 AAAA…`), or none yet. Idempotent. */
  readHostKeys(): Promise<string[]>;
}

/** Published ports of containers and the engine's socket are led to this computer while the machine runs. */
export interface PortsLedHere {
  /** As they are now. Throws `HOST_NOT_RUNNING`. Idempotent. */
  localPorts(): Promise<LocalPorts>;
}

/** The machine's image can be replaced while it is stopped (`upgrade`). */
export interface ImageUpgrade {
  /** Uses this image from the next start on. Idempotent. */
  useImage(image: BootImage): Promise<void>;
}

/** `create --dry-run` tells what `create` would do. */
export interface Planner {
  /** A line for each thing that would be made or changed, after `configure` and instead of all else. May read, changes nothing. Idempotent. */
  plan(): Promise<readonly string[]>;
}

/** The provider's firewall admits this computer's address alone, and that address may change. */
export interface GuardedAccess {
  /** Why packets from here do not come through, for a message; undefined when they do, or when it is not known. Idempotent, changes nothing. */
  accessProblem(): Promise<string | undefined>;
  /** Opens it to this computer's address, and closes it to an earlier one. Idempotent. */
  openAccess(): Promise<void>;
}

/** An object at a provider that carries the tag of a store (`context.storeId`) and of a machine. */
export interface OwnedObject {
  /** The provider's own, as `removeOwned` takes it. */
  readonly id: string;
  readonly machine: string;
  /** What it is: `droplet`, `security group`. */
  readonly description: string;
}

/**
 * The driver tags what it makes with the store's id and the machine's name, so that `gc` finds what a crash or `rm -f` left. It
 * looks in the account and place of the machine it was opened for, at objects of all machines of the store. Of another store it
 * gives and removes nothing.
 */
export interface OwnedObjects {
  /** Idempotent, changes nothing. */
  listOwned(): Promise<readonly OwnedObject[]>;
  /** Idempotent: what is gone is success. */
  removeOwned(id: string): Promise<void>;
}

const has = (driver: object, ...methods: string[]): boolean =>
  methods.every((method) => typeof (driver as Record<string, unknown>)[method] === 'function');

export const pushesReadiness = (driver: Driver): driver is Driver & ReadinessPush => has(driver, 'awaitReady');
export const readsHostKeys = (driver: Driver): driver is Driver & HostKeyReader => has(driver, 'readHostKeys');
export const leadsPortsHere = (driver: Driver): driver is Driver & PortsLedHere => has(driver, 'localPorts');
export const upgradesImage = (driver: Driver): driver is Driver & ImageUpgrade => has(driver, 'useImage');
export const guardsAccess = (driver: Driver): driver is Driver & GuardedAccess => has(driver, 'accessProblem', 'openAccess');
export const plans = (driver: Driver): driver is Driver & Planner => has(driver, 'plan');
export const listsOwned = (driver: Driver): driver is Driver & OwnedObjects => has(driver, 'listOwned', 'removeOwned');
