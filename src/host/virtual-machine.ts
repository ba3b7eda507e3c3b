/** A local VM as its driver describes it, and as its supervisor lets it be handled. */

/**
 * A QEMU process to be run and watched. The host adds nothing to the arguments. It runs in the machine's folder: names in
 * `args` may be relative to it, which keeps socket paths short of the system's limit (104 to 108 bytes) however deep the store.
 */
export interface VirtualMachine {
  readonly program: string;
  /** With `-S` (the supervisor lets it run once it listens), `-uuid`, and `-pidfile`, whose lock keeps a second QEMU away. */
  readonly args: readonly string[];
  /** What `-uuid` says: how a QEMU is known whose starter died before it could note the process id. */
  readonly uuid: string;
  /** What `-pidfile` says. */
  readonly pidFile: string;
  /**
   * Addresses of the character devices in `args`, in the order channel, console, qmp, QEMU being the server of each: relative
   * paths, or pipe names on Windows.
   */
  readonly sockets: { readonly qmp: string; readonly console: string; readonly channel: string };
  /** How this computer reaches the guest's engine and its containers' ports; absent when it does not. */
  readonly engine?: GuestEngine;
  /** Milliseconds without one byte from the guest after which its kernel counts as not starting. */
  readonly silenceLimit?: number;
}

export interface GuestEngine {
  /** Of its TLS, on 127.0.0.1. */
  readonly port: number;
  /** Where its containers' published ports are led to, through QEMU's user network; absent: nowhere. */
  readonly forwarding?: {
    /** Id of the `-netdev user`. */
    readonly netdev: string;
    /** IPv4 address of this computer. */
    readonly address: string;
    /** TCP ports whose forwards are the machine's own, made by its arguments. */
    readonly own: readonly number[];
  };
}

/** What the supervisor shows the engine, and expects of it: files in the machine's folder, read at each connection. */
export interface EngineCredentials {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  /** The engine's own certificate, where the store has it. */
  readonly server: string;
}

/** A port of a container as this computer has it. */
export interface ForwardedPort {
  readonly protocol: 'tcp' | 'udp';
  /** Of this computer where it answers; empty when it does not. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** Why it does not answer. It is tried again. */
  readonly reason?: string;
}

/** What a machine's supervisor makes of the machine on this computer. */
export interface LocalPorts {
  /** The engine's socket: an absolute path, on Windows the name of a pipe; '' when there is none. */
  readonly socket: string;
  readonly ports: readonly ForwardedPort[];
  /** Why the list may be old: the engine does not answer. */
  readonly trouble?: string;
}

/** The supervisor's face, over its socket in the machine's folder. A dead one is replaced unseen, in any call. */
export interface Supervisor {
  /**
   * Resolves at the guest's first byte on console or channel. Throws `GUEST_SILENT` when `silenceLimit` passed without one or
   * QEMU stopped itself, `VM_ENDED` when QEMU is gone.
   */
  awaitSign(signal: AbortSignal): Promise<void>;
  /**
   * Resolves when the guest is ready; see `ReadinessPush`. Throws `GUEST_FAILED` with the guest's words, `GUEST_TIMEOUT` after
   * `timeout` milliseconds with the end of the console log, `VM_ENDED` when QEMU is gone.
   */
  awaitReady(onPhase: (phase: string, seconds: number) => void, signal: AbortSignal, timeout: number): Promise<void>;
  /** QEMU's own word: running, paused, shutdown, internal-error … (QMP query-status). Throws `VM_ENDED`. */
  vmStatus(): Promise<string>;
  /** Presses the power button (QMP system_powerdown). Throws `VM_ENDED`. */
  powerButton(): Promise<void>;
  /** Ends QEMU at once and waits until its process is gone. Idempotent. */
  kill(): Promise<void>;
  /** True when the QEMU process is gone, false when it is still there after `timeout` milliseconds. */
  awaitExit(timeout: number): Promise<boolean>;
  /** Ports of containers and the engine's socket. Throws `VM_ENDED`. */
  localPorts(): Promise<LocalPorts>;
}
