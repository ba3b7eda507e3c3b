/** Calls between two threads: each hands the other functions, and whatever else by value. */
import { type AnyFunction, decode, encode, type References } from './values.ts';

/** What both ends of a thread are. */
export interface Port {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: Message) => void): unknown;
}

type Message =
  | { readonly kind: 'call'; readonly call: number; readonly target: number; readonly args: unknown }
  | { readonly kind: 'answer'; readonly call: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly call: number; readonly error: unknown }
  | { readonly kind: 'abort'; readonly id: number; readonly reason: unknown };

/** The function that each side has from the beginning. */
const ROOT = 0;

export class Wire implements References {
  private readonly port: Port;
  private readonly functions = new Map<number, AnyFunction>();
  private readonly signals = new Map<number, AbortController>();
  private readonly pending = new Map<number, PromiseWithResolvers<unknown>>();
  private last = ROOT;
  private broken: Error | undefined;

  /** `root`: what the other side's `root` calls. */
  constructor(port: Port, root: AnyFunction) {
    this.port = port;
    this.functions.set(ROOT, root);
    port.on('message', (message) => this.receive(message));
  }

  /** Calls the other side's root. */
  root = (...args: unknown[]): Promise<unknown> => this.call(ROOT, args);

  /** The other side is gone: whatever is waited for fails with this. */
  fail(error: Error): void {
    this.broken ??= error;
    for (const { reject } of this.pending.values()) reject(this.broken);
    this.pending.clear();
  }

  keepFunction(work: AnyFunction): number {
    this.functions.set(++this.last, work);
    return this.last;
  }

  keepSignal(signal: AbortSignal): number {
    const id = ++this.last;
    const tell = () => this.port.postMessage({ kind: 'abort', id, reason: encode(signal.reason, this) });
    if (!signal.aborted) signal.addEventListener('abort', tell, { once: true });
    return id;
  }

  callable(id: number): AnyFunction {
    return (...args) => this.call(id, args);
  }

  signal(id: number): AbortController {
    const controller = new AbortController();
    this.signals.set(id, controller);
    return controller;
  }

  private async call(target: number, args: unknown[]): Promise<unknown> {
    if (this.broken) throw this.broken;
    const call = ++this.last;
    const waiting = Promise.withResolvers<unknown>();
    this.port.postMessage({ kind: 'call', call, target, args: encode(args, this) });
    this.pending.set(call, waiting);
    return waiting.promise;
  }

  private receive(message: Message): void {
    if (message.kind === 'call') void this.answer(message.call, message.target, message.args);
    else if (message.kind === 'abort') this.signals.get(message.id)?.abort(decode(message.reason, this));
    else {
      const waiting = this.pending.get(message.call);
      this.pending.delete(message.call);
      if (message.kind === 'answer') waiting?.resolve(decode(message.value, this));
      else waiting?.reject(decode(message.error, this));
    }
  }

  private async answer(call: number, target: number, args: unknown): Promise<void> {
    try {
      const work = this.functions.get(target);
      if (!work) throw new Error(`no function ${target}`);
      const value = await work(...(decode(args, this) as unknown[]));
      this.port.postMessage({ kind: 'answer', call, value: encode(value, this) });
    } catch (error) {
      this.port.postMessage({ kind: 'failure', call, error: encode(error instanceof Error ? error : new Error(String(error)), this) });
    }
  }
}
