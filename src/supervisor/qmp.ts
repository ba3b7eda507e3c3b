/** QEMU's control channel (QMP, docs/interop/qmp-spec): JSON lines; QEMU serves one client at a time. */
import type { Socket } from 'node:net';
import { MachineError } from '../core/errors.ts';
import { onLines } from './lines.ts';

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

interface Message {
  id?: number;
  return?: unknown;
  error?: { class: string; desc: string };
  event?: string;
  QMP?: unknown;
}

/** Milliseconds for an answer. */
const ANSWER = 10_000;

export class Qmp {
  private readonly socket: Socket;
  private readonly pending = new Map<number, Pending>();
  private nextId = 1;
  /** Called with the name of each event: STOP, RESET, SHUTDOWN … */
  onEvent: (name: string) => void = () => {};
  /** Resolves when the connection has ended. */
  readonly closed: Promise<void>;

  private constructor(socket: Socket, onGreeting: () => void) {
    this.socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    this.closed.then(() => this.rejectAll());
    onLines(socket, (line) => this.take(line, onGreeting));
  }

  /** Throws `QMP_SILENT` when QEMU does not greet within `timeout` milliseconds: another client is there, or QEMU hangs. */
  static async open(socket: Socket, timeout: number): Promise<Qmp> {
    const greeted = Promise.withResolvers<void>();
    const qmp = new Qmp(socket, greeted.resolve);
    const silent = () => greeted.reject(new MachineError('QMP_SILENT', `expected QEMU's greeting within ${timeout} ms, found none`));
    const timer = setTimeout(silent, timeout);
    qmp.closed.then(silent);
    try {
      await greeted.promise;
      await qmp.execute('qmp_capabilities');
      return qmp;
    } catch (error) {
      socket.destroy();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Throws `QMP_ERROR` with QEMU's words, `QMP_SILENT` when it does not answer (it hangs, or its process is stopped). */
  execute(command: string, args?: Record<string, unknown>): Promise<unknown> {
    if (this.socket.destroyed) return Promise.reject(closedError());
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const silent = () =>
        reject(new MachineError('QMP_SILENT', `expected QEMU to answer ${command} within ${ANSWER} ms, found no answer`));
      const timer = setTimeout(silent, ANSWER);
      const answered =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          settle(value);
        };
      this.pending.set(id, { resolve: answered(resolve), reject: answered(reject) });
      this.socket.write(`${JSON.stringify({ execute: command, id, ...(args === undefined ? {} : { arguments: args }) })}\n`);
    });
  }

  private take(line: string, onGreeting: () => void): void {
    if (line.trim() === '') return;
    const message = JSON.parse(line) as Message;
    if (message.QMP !== undefined) onGreeting();
    else if (message.event !== undefined) this.onEvent(message.event);
    else if (message.id !== undefined) {
      const waiting = this.pending.get(message.id);
      this.pending.delete(message.id);
      if (message.error) waiting?.reject(new MachineError('QMP_ERROR', message.error.desc));
      else waiting?.resolve(message.return);
    }
  }

  private rejectAll(): void {
    for (const { reject } of this.pending.values()) reject(closedError());
    this.pending.clear();
  }
}

function closedError(): MachineError {
  return new MachineError('VM_ENDED', 'QEMU closed its control channel');
}
