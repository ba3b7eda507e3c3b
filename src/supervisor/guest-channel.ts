/**
 * The line channel to the guest (virtio-serial port `org.tsmachine.guest.0`). Guest: `phase NAME SECONDS`, `ready PORT`,
 * `pong EPOCH`, `fail TEXT`; host: `ping`, `time EPOCH`. Epochs are seconds with a fraction.
 */
import type { Socket } from 'node:net';
import { onLines } from './lines.ts';

export interface GuestEvents {
  phase(name: string, seconds: number): void;
  ready(port: number): void;
  fail(text: string): void;
}

/** Seconds the guest's clock may be off; it is the guest's own limit too. */
const TOLERANCE = 0.5;
const PING_INTERVAL = 15_000;

export class GuestChannel {
  private readonly socket: Socket;
  private readonly events: GuestEvents;
  private readonly now: () => number;
  private pingedAt = 0;

  /** `now`: milliseconds since the epoch. */
  constructor(socket: Socket, events: GuestEvents, now: () => number) {
    this.socket = socket;
    this.events = events;
    this.now = now;
    onLines(socket, (line) => this.take(line), 4096);
    const timer = setInterval(() => this.ping(), PING_INTERVAL);
    socket.once('close', () => clearInterval(timer));
  }

  /** Asks for the guest's time; the answer corrects its clock when that is off, as after a paused host. */
  ping(): void {
    if (this.socket.destroyed || this.socket.writableLength > 0) return; // nobody reads: the guest is not there yet
    this.pingedAt = this.now();
    this.socket.write('ping\n');
  }

  /** The guest's words reach a terminal: none of them may steer it. */
  private take(line: string): void {
    const [word = '', first = '', second = ''] = line.split(' ');
    if (word === 'phase' && /^[\w-]{1,40}$/.test(first)) this.events.phase(first, Number(second) || 0);
    else if (word === 'ready' && /^\d{1,5}$/.test(first)) this.events.ready(Number(first));
    else if (word === 'fail') this.events.fail(line.slice('fail '.length).replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?'));
    else if (word === 'pong') this.compareClocks(Number(first));
  }

  private compareClocks(guest: number): void {
    const now = this.now();
    const roundTrip = now - this.pingedAt;
    if (roundTrip > 1000) {
      this.ping(); // paused meanwhile: says nothing about the clock
      return;
    }
    const off = guest - (this.pingedAt + roundTrip / 2) / 1000;
    if (!(Math.abs(off) > TOLERANCE + roundTrip / 2000)) return;
    this.socket.write(`time ${(now / 1000).toFixed(3)}\n`);
  }
}
