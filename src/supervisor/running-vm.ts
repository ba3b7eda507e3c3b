/** A QEMU that runs, started by this supervisor or found by it. */
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { MachineError } from '../core/errors.ts';
import { isAlive, type ProcessIdentity, type ProcessProbe } from '../host/process-identity.ts';
import { ConsoleLog } from './console-log.ts';
import { FILES } from './files.ts';
import { GuestChannel } from './guest-channel.ts';
import type { Qmp } from './qmp.ts';

export interface VmConnections {
  readonly qmp: Qmp;
  readonly console: Socket;
  readonly channel: Socket;
}

export interface VmFacts {
  readonly process: ProcessIdentity;
  /** Known from before, by the record. */
  readonly ready: number | undefined;
  /** Only of a VM that has just been started. */
  readonly silenceLimit: number | undefined;
  /** Stores what the guest said; undefined: it rebooted. */
  noteReady(port: number | undefined): Promise<void>;
}

type OnPhase = (name: string, seconds: number) => void;

/** How long a QEMU that was told to quit is waited for before it is killed. */
const QUIT_WAIT = 3000;

/** A guest that tells more is not booting. */
const MOST_PHASES = 100;

export class RunningVm {
  readonly connections: VmConnections;
  private readonly facts: VmFacts;
  private readonly probe: ProcessProbe;
  private readonly sign = Promise.withResolvers<void>();
  private readonly watchers = new Set<OnPhase>();
  private phases: [string, number][] = [];
  private ready: number | undefined;
  private settled = false;
  private outcome = Promise.withResolvers<number>();
  private watchBoot: (ready: boolean) => void = () => {};
  /** Resolves when the process is gone. */
  readonly ended: Promise<void>;

  constructor(connections: VmConnections, facts: VmFacts, probe: ProcessProbe) {
    this.connections = connections;
    this.facts = facts;
    this.probe = probe;
    for (const promise of [this.sign.promise, this.outcome.promise]) promise.catch(() => {}); // awaited by who asks
    this.ready = facts.ready;
    if (facts.ready !== undefined) this.settle(facts.ready);
    if (facts.silenceLimit === undefined) this.sign.resolve();
    this.listenToGuest();
    connections.qmp.onEvent = (name) => this.onQmpEvent(name);
    this.ended = connections.qmp.closed.then(() => this.untilGone()).then(() => this.endWaits());
  }

  /** Called with whether the guest is ready: now, and whenever that changes. */
  set onBoot(watch: (ready: boolean) => void) {
    this.watchBoot = watch;
    watch(this.ready !== undefined);
  }

  /** See `Supervisor.awaitSign`. */
  awaitSign(): Promise<void> {
    return this.sign.promise;
  }

  /** See `Supervisor.awaitReady`; phases told before the call are told again. */
  async awaitReady(onPhase: OnPhase): Promise<number> {
    for (const phase of this.phases) onPhase(...phase);
    this.watchers.add(onPhase);
    try {
      return await this.outcome.promise;
    } finally {
      this.watchers.delete(onPhase);
    }
  }

  async status(): Promise<string> {
    return ((await this.connections.qmp.execute('query-status')) as { status: string }).status;
  }

  /** Lets a VM that was started with -S run; `silenceLimit` counts from here. */
  async run(): Promise<void> {
    if ((await this.status()) !== 'prelaunch') return;
    await this.connections.qmp.execute('cont');
    const limit = this.facts.silenceLimit;
    if (limit === undefined) return;
    const timer = setTimeout(() => this.sign.reject(silent(`the guest wrote nothing for ${limit / 1000} s`)), limit);
    this.sign.promise.catch(() => {}).finally(() => clearTimeout(timer));
  }

  async kill(): Promise<void> {
    this.connections.qmp.execute('quit').catch(() => {}); // it may close before it answers, or hang
    if (await Promise.race([this.ended.then(() => true), delay(QUIT_WAIT, false)])) return;
    if (await isAlive(this.facts.process, this.probe)) process.kill(this.facts.process.pid, 'SIGKILL');
    await this.ended;
  }

  private listenToGuest(): void {
    const log = new ConsoleLog(FILES.consoleLog);
    const { console, channel } = this.connections;
    console.on('data', (bytes: Buffer) => {
      this.sign.resolve();
      log.write(bytes);
    });
    const guest = new GuestChannel(
      channel,
      {
        phase: (name, seconds) => {
          this.sign.resolve();
          if (this.phases.length >= MOST_PHASES) return;
          this.phases.push([name, seconds]);
          for (const watcher of this.watchers) watcher(name, seconds);
        },
        ready: (port) => void this.takeReady(port),
        fail: (text) => this.settle(new MachineError('GUEST_FAILED', `The guest could not start: ${text}`)),
      },
      Date.now,
    );
    guest.ping();
  }

  /** Said after the boot, and again with each answer to a ping: an earlier supervisor may have died before it noted it. */
  private async takeReady(port: number): Promise<void> {
    this.sign.resolve();
    if (this.ready === port) return;
    this.ready = port;
    await this.facts.noteReady(port).catch(() => {}); // a full disk: known until this supervisor ends
    this.settle(port);
    this.watchBoot(true);
  }

  private onQmpEvent(name: string): void {
    if (name === 'RESET') this.forgetBoot();
    if (name !== 'STOP') return;
    this.status().then(
      (status) => {
        if (status !== 'internal-error') return;
        this.sign.reject(silent('QEMU stopped it with an internal error'));
        this.settle(new MachineError('GUEST_FAILED', 'QEMU stopped the guest with an internal error'));
      },
      () => {},
    );
  }

  /** The guest reboots: what it said of its last boot is no longer true. Who waits for it to be ready goes on waiting. */
  private forgetBoot(): void {
    this.phases = [];
    this.ready = undefined;
    this.watchBoot(false);
    if (!this.settled) return;
    this.settled = false;
    this.outcome = Promise.withResolvers<number>();
    this.outcome.promise.catch(() => {});
    this.facts.noteReady(undefined).catch(() => {});
  }

  private settle(outcome: number | MachineError): void {
    this.settled = true;
    if (typeof outcome === 'number') this.outcome.resolve(outcome);
    else this.outcome.reject(outcome);
  }

  private async untilGone(): Promise<void> {
    for (let waited = 0; await isAlive(this.facts.process, this.probe); waited += 20) {
      if (waited > 60_000) throw new Error(`QEMU ${this.facts.process.pid} closed its control channel and still runs`);
      await delay(20);
    }
  }

  private endWaits(): void {
    const ended = new MachineError('VM_ENDED', 'The virtual machine has ended');
    this.sign.reject(ended);
    this.settle(ended);
  }
}

function silent(reason: string): MachineError {
  return new MachineError('GUEST_SILENT', reason);
}
