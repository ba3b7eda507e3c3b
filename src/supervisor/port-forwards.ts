/**
 * Keeps the forwards of QEMU's user network what the containers publish. QEMU holds the ports, so they answer while no
 * supervisor lives; what it holds is asked anew each time, so that the next supervisor begins where the last one died.
 */
import { messageOf } from '../core/errors.ts';
import { keyOf, type PublishedPort } from '../forward/index.ts';
import type { ForwardedPort, GuestEngine } from '../host/virtual-machine.ts';
import { IPv6Loopback } from './ipv6-loopback.ts';
import { obstacleAt } from './port-check.ts';
import { addCommand, forwardKey, type HostForward, hostForward, parseForwards, removeCommand } from './user-network.ts';

type Forwarding = NonNullable<GuestEngine['forwarding']>;

/** Milliseconds until a port that could not be had is tried again. */
const RETRY = 2000;
/** Each costs QEMU a socket to be looked at in every turn of its loop. */
const MOST = 1000;
const IPV4_ONLY = 'QEMU leads to IPv4 addresses of the machine only';

export class PortForwards {
  private readonly forwarding: Forwarding;
  private readonly monitor: (command: string) => Promise<string>;
  private readonly tell: (line: string) => void;
  private readonly six = new IPv6Loopback();
  private wanted: readonly PublishedPort[] = [];
  /** Why a wanted port is not led here, by its key. */
  private reasons = new Map<string, string>();
  private work: Promise<void> | undefined;
  private changed = false;
  private closed = false;
  private retry: NodeJS.Timeout | undefined;

  /** `monitor`: QEMU's human monitor; its complaints are answers too. `tell`: of a port that cannot be had, once. */
  constructor(forwarding: Forwarding, monitor: (command: string) => Promise<string>, tell: (line: string) => void) {
    this.forwarding = forwarding;
    this.monitor = monitor;
    this.tell = tell;
  }

  /** The whole set that shall be led here from now on. */
  want(ports: readonly PublishedPort[]): void {
    this.wanted = ports;
    this.begin();
  }

  /** As it is after all that is being done is done. */
  async list(): Promise<ForwardedPort[]> {
    await this.work;
    return this.wanted.map((port) => {
      const reason = this.reasons.get(keyOf(port));
      const shown = { protocol: port.protocol, port: port.port };
      if (reason !== undefined) return { ...shown, addresses: [], reason };
      const six = port.protocol === 'tcp' && this.six.has(port.port) ? ['::1'] : [];
      return { ...shown, addresses: [this.forwarding.address, ...six] };
    });
  }

  /** Lets go of `::1`, and tries nothing more; QEMU keeps what it has until it ends. */
  close(): void {
    this.closed = true;
    clearTimeout(this.retry);
    void this.six.keep(new Set());
  }

  private begin(): void {
    this.changed = true;
    if (this.closed) return;
    clearTimeout(this.retry);
    this.work ??= this.reconcile().finally(() => {
      this.work = undefined;
    });
  }

  private async reconcile(): Promise<void> {
    try {
      while (this.changed && !this.closed) {
        this.changed = false;
        await this.pass();
      }
    } catch (error) {
      this.tell(`ports: ${messageOf(error)}`); // QEMU hangs: with its next breath
      this.changed = true;
    }
    if ((this.changed || this.reasons.size > 0) && !this.closed) this.retry = setTimeout(() => this.begin(), RETRY).unref();
  }

  private async pass(): Promise<void> {
    const { netdev, address, own } = this.forwarding;
    const reasons = new Map<string, string>();
    const goal = this.goal(reasons);
    const there = new Map<string, HostForward>();
    for (const forward of parseForwards(await this.monitor('info usernet'), address)) {
      if (forward.protocol === 'tcp' && own.includes(forward.port)) continue;
      if (goal.has(forwardKey(forward))) there.set(forwardKey(forward), forward);
      else await this.monitor(removeCommand(netdev, address, forward));
    }
    await this.keepSix([...goal.values()].filter(({ forward }) => there.has(forwardKey(forward))));
    for (const [key, { forward, port }] of goal) {
      if (there.has(key)) continue;
      const reason = await this.add(forward);
      if (reason === undefined) there.set(key, forward);
      else reasons.set(keyOf(port), reason);
      if (this.changed) break; // something was let go meanwhile: that first
    }
    await this.keepSix([...goal.values()].filter(({ forward }) => there.has(forwardKey(forward))));
    this.report(reasons);
  }

  /** What QEMU shall hold; the reasons of what it cannot are noted. */
  private goal(reasons: Map<string, string>): Map<string, { forward: HostForward; port: PublishedPort }> {
    const goal = new Map<string, { forward: HostForward; port: PublishedPort }>();
    for (const port of this.wanted) {
      const forward = hostForward(port);
      if (forward === undefined) reasons.set(keyOf(port), IPV4_ONLY);
      else if (goal.size >= MOST) reasons.set(keyOf(port), `more than ${MOST} ports of a machine are not led here`);
      else goal.set(forwardKey(forward), { forward, port });
    }
    return goal;
  }

  private async add(forward: HostForward): Promise<string | undefined> {
    const { netdev, address } = this.forwarding;
    const obstacle = await obstacleAt(forward.protocol, address, forward.port);
    if (obstacle !== undefined) return obstacle;
    const complaint = (await this.monitor(addCommand(netdev, address, forward))).trim();
    return complaint === '' ? undefined : complaint;
  }

  private async keepSix(held: readonly { forward: HostForward }[]): Promise<void> {
    if (this.forwarding.address !== '127.0.0.1' || this.closed) return;
    const ports = held.filter(({ forward }) => forward.protocol === 'tcp').map(({ forward }) => forward.port);
    await this.six.keep(new Set(ports));
  }

  private report(reasons: Map<string, string>): void {
    const before = this.reasons;
    this.reasons = reasons;
    let told = 0;
    for (const [key, reason] of reasons) if (before.get(key) !== reason && told++ < 20) this.tell(`port ${key} is not led here: ${reason}`);
  }
}
