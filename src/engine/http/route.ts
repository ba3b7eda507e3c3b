import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex, Readable, Writable } from 'node:stream';
import type { Query } from './query.ts';

/** One request, its path already without version prefix. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  /** What the `:name` and `*name` parts of the route's path matched, percent-decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly headers: IncomingHttpHeaders;
  /** Minor number of the Engine API version the client speaks: 43 for `/v1.43/…`; the newest without a version. */
  readonly version: number;
  /** The raw body. */
  readonly body: Readable;
  /** Aborted when the client's connection ends before the answer did. */
  readonly signal: AbortSignal;
  /** The JSON object of the body, as dockerd reads it: `{}` for an empty body, EngineError 400 for anything malformed. */
  json(options?: { required?: boolean }): Promise<Record<string, unknown>>;
}

/** The answer: exactly one of its ways is used once. */
export interface ApiAnswer {
  readonly started: boolean;
  header(name: string, value: string): void;
  json(status: number, value: unknown): void;
  /** Nothing but a status. */
  empty(status: number): void;
  text(status: number, body: string): void;
  /** Headers go out at once; what is written reaches the client at once. */
  stream(status: number, contentType?: string): Writable;
  /**
   * Takes the connection out of HTTP. `101 UPGRADED` when the client asked for an upgrade, else `200 OK`; half-open:
   * the client's end of input is the stream's `end`, output goes on. `bare`: without the common headers, as dockerd's attach.
   */
  hijack(contentType: string, options?: { bare?: boolean }): Duplex;
  /** An error as dockerd's attach tells it: plain text behind a bare header, then the end of the connection. */
  hijackedError(status: number, contentType: string, message: string): void;
  /** Whether the client asked for an upgrade to a raw stream. */
  readonly wantsUpgrade: boolean;
}

export interface Route {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS';
  /** `/containers/:name/json`: `:name` matches one path segment, `*name` anything with slashes. */
  path: string;
  handle(request: ApiRequest, answer: ApiAnswer): Promise<void> | void;
}
