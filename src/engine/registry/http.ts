import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { EngineError, internal } from '../errors.ts';
import type { Agents } from './agents.ts';
import { transportError } from './errors.ts';

interface HttpOptions {
  method?: 'GET' | 'POST' | 'HEAD';
  headers?: Record<string, string>;
  body?: string;
  /** Whether a server's certificate is checked. */
  verify: boolean;
  signal: AbortSignal;
  agents: Agents;
}

/** Nothing heard for this long: the connection is given up, and a download goes on in a new one. */
const IDLE_MS = 60_000;
const MAX_REDIRECTS = 10;

/**
 * One request, redirects followed (credentials stay with the host they were meant for). The caller reads or destroys the
 * answer's body. Throws EngineError 500 in Go's words when there is no answer.
 */
export async function send(url: URL, options: HttpOptions): Promise<IncomingMessage> {
  let target = url;
  let headers = { 'user-agent': 'docker/28.5.2 (tsmachine)', ...options.headers };
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const answer = await once(target, { ...options, headers });
    const { location } = answer.headers;
    if (![301, 302, 303, 307, 308].includes(answer.statusCode ?? 0) || location === undefined) return answer;
    answer.resume();
    const next = new URL(location, target);
    if (next.protocol !== 'https:' && next.protocol !== 'http:') throw internal(`Get "${next.href}": unsupported protocol scheme`);
    if (next.host !== target.host) {
      const { authorization: _gone, ...rest } = headers as Record<string, string>;
      headers = { 'user-agent': headers['user-agent'], ...rest };
    }
    target = next;
  }
  throw internal(`Get "${url.href}": stopped after ${MAX_REDIRECTS} redirects`);
}

function once(url: URL, options: HttpOptions): Promise<IncomingMessage> {
  const { method = 'GET', headers = {}, body, verify, signal, agents } = options;
  const isTls = url.protocol === 'https:';
  const start = isTls ? httpsRequest : httpRequest;
  const agent = isTls ? agents.https : agents.http;
  return new Promise((resolve, reject) => {
    const request = start(url, { method, headers, signal, agent, rejectUnauthorized: verify }, resolve);
    request.setTimeout(IDLE_MS, () => request.destroy(new Error('net/http: timeout awaiting response headers')));
    request.once('error', (error) => reject(signal.aborted ? cancelled() : transportError(method, url, error)));
    request.end(body);
  });
}

const cancelled = (): EngineError => new EngineError(500, 'context canceled');

/** The body as text. Throws EngineError 500 when it is longer than `limit` bytes. */
export async function readText(answer: IncomingMessage, limit: number): Promise<string> {
  return (await readBytes(answer, limit)).toString('utf8');
}

export async function readBytes(answer: IncomingMessage, limit: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > limit) throw internal(`the registry's answer is longer than ${limit} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
