import type { Duplex } from 'node:stream';
import { GobDecoder, GobEncoder, type GobStruct, type GobType, type GobValue } from '../gob/index.ts';
import { CONNECT, CONNECTED, EMPTY, LONGEST_HEAD, RESPONSE } from './messages.ts';

/** What a method gives back. */
export interface RpcResult {
  readonly type: GobType;
  readonly value: GobValue;
}

/** Answers `Service.Method`; undefined: there is none of that name. What it throws is told the other side as text. */
export type RpcMethod = (argument: GobValue) => Promise<RpcResult | undefined>;

/**
 * Serves net/rpc on one connection until it ends; calls may overlap. A client that says something else is cut off, with the
 * reason as the result.
 */
export function serveRpc(stream: Duplex, methodOf: (name: string) => RpcMethod | undefined): Promise<string> {
  const ended = Promise.withResolvers<string>();
  const connection = new Connection(stream, methodOf);
  stream.on('data', (chunk: Buffer) => {
    try {
      connection.receive(chunk);
    } catch (error) {
      ended.resolve(error instanceof Error ? error.message : String(error));
      stream.destroy();
    }
  });
  stream.on('error', (error) => ended.resolve(error.message));
  stream.on('close', () => ended.resolve('the connection ended'));
  return ended.promise;
}

class Connection {
  private readonly stream: Duplex;
  private readonly methodOf: (name: string) => RpcMethod | undefined;
  private readonly encoder = new GobEncoder();
  private readonly decoder = new GobDecoder();
  private head: Buffer | undefined = Buffer.alloc(0);
  private header: GobStruct | undefined;

  constructor(stream: Duplex, methodOf: (name: string) => RpcMethod | undefined) {
    this.stream = stream;
    this.methodOf = methodOf;
  }

  receive(chunk: Buffer): void {
    const bytes = this.head === undefined ? chunk : this.afterHead(chunk);
    for (const value of bytes ? this.decoder.push(bytes) : []) {
      if (this.header === undefined) {
        this.header = value as GobStruct;
        if (typeof value !== 'object' || value === null || typeof this.header.ServiceMethod !== 'string')
          throw new Error('expected the head of a call');
      } else {
        const { ServiceMethod, Seq = 0 } = this.header;
        this.header = undefined;
        void this.answer(ServiceMethod as string, Seq, value);
      }
    }
  }

  /** Go's client sends two newlines and no header; HTTP's own ends are taken too. */
  private afterHead(chunk: Buffer): Buffer | undefined {
    const head = Buffer.concat([this.head ?? Buffer.alloc(0), chunk]);
    this.head = head;
    const end = /\r?\n\r?\n/.exec(head.toString('latin1', 0, LONGEST_HEAD));
    if (!end && head.length < LONGEST_HEAD) return undefined;
    const [expected = ''] = CONNECT.split('\n');
    const [found = ''] = head.toString('latin1', 0, LONGEST_HEAD).split(/\r?\n/);
    if (!end || found !== expected) throw new Error(`expected ${JSON.stringify(expected)}, found ${JSON.stringify(found.slice(0, 100))}`);
    this.head = undefined;
    this.stream.write(`${CONNECTED}\n\n`);
    return head.subarray(end.index + end[0].length);
  }

  private async answer(method: string, sequence: GobValue, argument: GobValue): Promise<void> {
    const serve = this.methodOf(method);
    let result: RpcResult = { type: EMPTY, value: {} };
    let refusal = serve ? '' : `rpc: can't find method ${method}`;
    try {
      result = (await serve?.(argument)) ?? result;
    } catch (error) {
      refusal = (error instanceof Error ? error.message : String(error)) || 'unknown error';
    }
    if (this.stream.destroyed) return;
    const head = this.encoder.encode(RESPONSE, { ServiceMethod: method, Seq: sequence, Error: refusal });
    this.stream.write(Buffer.concat([head, this.encoder.encode(result.type, result.value)]));
  }
}
