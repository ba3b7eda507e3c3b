import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex, Writable } from 'node:stream';
import { apiVersion, engineVersion } from '../version.ts';
import type { ApiAnswer } from './route.ts';

/** Headers dockerd's version middleware sets on every answer of a known route. */
export const commonHeaders: Readonly<Record<string, string>> = {
  'Api-Version': apiVersion,
  'Docker-Experimental': 'false',
  Ostype: 'linux',
  Server: `Docker/${engineVersion} (linux)`,
};

const goBuffer = 2048;

export class HttpAnswer implements ApiAnswer {
  readonly #response: ServerResponse;
  readonly #request: IncomingMessage;
  #hijacked = false;

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request;
    this.#response = response;
    // Go's server says nothing about a connection it keeps.
    if (response.shouldKeepAlive) response.removeHeader('Connection');
  }

  get started(): boolean {
    return this.#hijacked || this.#response.headersSent;
  }

  get wantsUpgrade(): boolean {
    return this.#request.headers.upgrade !== undefined;
  }

  header(name: string, value: string): void {
    this.#response.setHeader(name, value);
  }

  json(status: number, value: unknown): void {
    this.#send(status, 'application/json', `${JSON.stringify(value)}\n`);
  }

  empty(status: number): void {
    this.#response.statusCode = status;
    if (status !== 204 && status !== 304) this.#response.setHeader('Content-Length', '0');
    this.#response.end();
  }

  text(status: number, body: string): void {
    this.#send(status, 'text/plain; charset=utf-8', body);
  }

  stream(status: number, contentType?: string): Writable {
    this.#response.statusCode = status;
    if (contentType !== undefined) this.#response.setHeader('Content-Type', contentType);
    this.#response.flushHeaders();
    return this.#response;
  }

  hijack(contentType: string, { bare = false }: { bare?: boolean } = {}): Duplex {
    const socket = this.#takeSocket();
    const status = this.wantsUpgrade ? 'HTTP/1.1 101 UPGRADED' : 'HTTP/1.1 200 OK';
    const upgrade = this.wantsUpgrade ? ['Connection: Upgrade', 'Upgrade: tcp'] : [];
    const common = bare ? [] : Object.entries(commonHeaders).map(([name, value]) => `${name}: ${value}`);
    socket.write(`${[status, `Content-Type: ${contentType}`, ...upgrade, ...common].join('\r\n')}\r\n\r\n`);
    return socket;
  }

  hijackedError(status: number, contentType: string, message: string): void {
    const socket = this.#takeSocket();
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nContent-Type: ${contentType}\r\n\r\n${message}\r\n`);
    socket.once('finish', () => socket.destroy());
  }

  /** From here on the bytes are the stream's: the HTTP parser and the server's half of the connection let go. */
  #takeSocket(): Duplex {
    this.#hijacked = true;
    const { socket } = this.#request;
    // Node's parser reads below the stream until somebody listens for data; what comes now waits for the stream's reader.
    socket.on('data', () => undefined);
    socket.pause();
    for (const event of ['data', 'end', 'drain', 'error', 'timeout']) socket.removeAllListeners(event);
    socket.on('error', () => socket.destroy());
    socket.setTimeout(0);
    return socket;
  }

  #send(status: number, contentType: string, body: string): void {
    this.#response.statusCode = status;
    this.#response.setHeader('Content-Type', contentType);
    if (this.#request.method !== 'HEAD') {
      // Go sends what fills its first buffer in chunks.
      if (Buffer.byteLength(body) > goBuffer) this.#response.write(body);
      else this.#response.setHeader('Content-Length', Buffer.byteLength(body));
    }
    this.#response.end(this.#request.method === 'HEAD' || this.#response.headersSent ? undefined : body);
  }
}
