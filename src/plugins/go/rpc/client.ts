import type { Duplex } from 'node:stream';
import { GobDecoder, GobEncoder, type GobStruct, type GobType, type GobValue } from '../gob/index.ts';
import { CONNECT, CONNECTED, EMPTY, LONGEST_HEAD, REQUEST } from './messages.ts';

/** What the other side answered a call with. */
export class RpcError extends Error {}

/** The connection is of no use any more. */
export class RpcBroken extends Error {
  /** The other side ended it. */
  readonly ended: boolean;

  constructor(message: string, ended: boolean) {
    super(message);
    this.ended = ended;
  }
}

interface Waiting {
  readonly resolve: (result: GobValue) => void;
  readonly reject: (error: Error) => void;
}

/** A client of net/rpc on one connection. Calls may overlap. */
export class RpcClient {
  private readonly stream: Duplex;
  private readonly encoder = new GobEncoder();
  private readonly decoder = new GobDecoder();
  private readonly waiting = new Map<number, Waiting>();
  private readonly connected = Promise.withResolvers<void>();
  private head: Buffer | undefined = Buffer.alloc(0);
  private header: GobStruct | undefined;
  private broken: RpcBroken | undefined;
  private sequence = 0;

  constructor(stream: Duplex) {
    this.stream = stream;
    this.connected.promise.catch(() => {}); // told by what waits for it
    stream.on('data', (chunk: Buffer) => this.receive(chunk));
    stream.on('error', (error) => this.break(error.message, true));
    stream.on('close', () => this.break('the connection ended', true));
    stream.on('end', () => this.break('the connection ended', true));
    stream.write(CONNECT);
  }

  /** Resolves when the other side took the connection. Throws `RpcBroken`. */
  ready(): Promise<void> {
    return this.connected.promise;
  }

  /** Throws `RpcError` with the other side's words, `RpcBroken` when the connection ended or carried something else. */
  async call(method: string, type: GobType = EMPTY, argument: GobValue = {}): Promise<GobValue> {
    await this.connected.promise;
    if (this.broken) throw this.broken;
    const encoded = this.encoder.encode(type, argument); // first: an argument that is not of its type leaves nothing half said
    const sequence = this.sequence++;
    const request = [this.encoder.encode(REQUEST, { ServiceMethod: method, Seq: sequence }), encoded];
    const answer = Promise.withResolvers<GobValue>();
    this.waiting.set(sequence, answer);
    this.stream.write(Buffer.concat(request));
    return answer.promise;
  }

  /** Calls that wait for their answer throw `RpcBroken`. Idempotent. */
  close(): void {
    this.break('the connection was closed');
  }

  private receive(chunk: Buffer): void {
    if (this.broken) return;
    try {
      const bytes = this.head === undefined ? chunk : this.afterHead(chunk);
      for (const value of bytes ? this.decoder.push(bytes) : []) this.take(value);
    } catch (error) {
      this.break(`expected net/rpc's answers: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** What comes behind the head, once it is whole. */
  private afterHead(chunk: Buffer): Buffer | undefined {
    const head = Buffer.concat([this.head ?? Buffer.alloc(0), chunk]);
    this.head = head;
    const end = /\r?\n\r?\n/.exec(head.toString('latin1', 0, LONGEST_HEAD));
    if (!end && head.length < LONGEST_HEAD) return undefined;
    const [status = ''] = head.toString('latin1', 0, LONGEST_HEAD).split(/\r?\n/);
    if (!end || status !== CONNECTED) throw new Error(`expected "${CONNECTED}", found ${JSON.stringify(status.slice(0, 100))}`);
    this.head = undefined;
    this.connected.resolve();
    return head.subarray(end.index + end[0].length);
  }

  private take(value: GobValue): void {
    if (!this.header) {
      this.header = value as GobStruct;
      if (typeof value !== 'object' || value === null || typeof this.header.ServiceMethod !== 'string')
        throw new Error('expected the head of an answer');
      return;
    }
    const { Seq = 0, Error: refusal = '' } = this.header;
    this.header = undefined;
    const waiting = typeof Seq === 'number' ? this.waiting.get(Seq) : undefined;
    if (!waiting) throw new Error(`expected the answer to a call, found number ${String(Seq)}`);
    this.waiting.delete(Seq as number);
    if (typeof refusal === 'string' && refusal !== '') waiting.reject(new RpcError(refusal));
    else waiting.resolve(value);
  }

  private break(reason: string, ended = false): void {
    if (this.broken) return;
    this.broken = new RpcBroken(reason, ended);
    this.stream.destroy();
    this.connected.reject(this.broken);
    for (const { reject } of this.waiting.values()) reject(this.broken);
    this.waiting.clear();
  }
}
