import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { posix } from 'node:path';
import { EngineError } from '../errors.ts';
import { commonHeaders, HttpAnswer } from './answer.ts';
import { readJson } from './json-body.ts';
import { Query } from './query.ts';
import type { ApiRequest } from './route.ts';
import { type Match, negotiate, pageNotFound, type Router, VersionError } from './router.ts';
import { readTarget } from './target.ts';

export interface DispatchOptions {
  /** Answered at once. */
  early: Router;
  /** Everything else: requests wait until it is there. */
  full: Promise<Router>;
  onUnixSocket: boolean;
  /** Told about answers of 500 and above. */
  log(line: string): void;
}

/** Turns Node's requests into routed ones, and whatever a route throws into dockerd's error answer. */
export function dispatcher({ early, full, onUnixSocket, log }: DispatchOptions): RequestListener {
  return (request, response) => {
    const answer = new HttpAnswer(request, response);
    const target = readTarget(request.url ?? '/', request.headers.host, onUnixSocket);
    const run = async (): Promise<void> => {
      const method = request.method ?? 'GET';
      const match = early.find(method, target.path) ?? (await full).find(method, target.path);
      if (/\/\/|\/\.\.?(\/|$)/.test(request.url?.split('?', 1)[0] ?? '')) return redirect(request, response);
      // dockerd's own not-found page does not pass through the middleware that sets these headers.
      if (match === undefined) throw pageNotFound();
      for (const [name, value] of Object.entries(commonHeaders)) response.setHeader(name, value);
      // The middleware that says this comes after the one that checks the version.
      response.removeHeader('Docker-Experimental');
      const version = negotiate(target.version);
      response.setHeader('Docker-Experimental', 'false');
      await match.route.handle(apiRequest(request, response, target, match, version), answer);
    };
    run().catch((error: unknown) => {
      const status = error instanceof EngineError ? error.status : 500;
      if (status >= 500) log(`Handler for ${request.method} ${request.url} returned error: ${describe(error)}`);
      if (answer.started) {
        request.socket.destroy();
        return;
      }
      request.resume();
      if (status === 304) answer.empty(304);
      else if (error instanceof VersionError && error.plainText) {
        response.setHeader('X-Content-Type-Options', 'nosniff');
        answer.text(status, `${error.message}\n`);
      } else answer.json(status, { message: error instanceof Error ? error.message : String(error) });
    });
  };
}

/** Go's mux sends clients to the path it would have cleaned. */
function redirect(request: IncomingMessage, response: ServerResponse): void {
  const [path = '/', search] = (request.url ?? '/').split('?', 2);
  const clean = posix.normalize(path);
  response.writeHead(301, { Location: search === undefined ? clean : `${clean}?${search}`, 'Content-Length': '0' });
  response.end();
}

function apiRequest(
  request: IncomingMessage,
  response: ServerResponse,
  target: { path: string; search: string },
  match: Match,
  version: number,
): ApiRequest {
  let abort: AbortController | undefined;
  return {
    method: request.method ?? 'GET',
    path: target.path,
    params: match.params,
    query: new Query(target.search),
    headers: request.headers,
    version,
    body: request,
    get signal() {
      if (abort === undefined) {
        const controller = new AbortController();
        abort = controller;
        request.socket.once('close', () => {
          if (!response.writableFinished) controller.abort();
        });
      }
      return abort.signal;
    },
    json: ({ required = false } = {}) => readJson(request.headers, request, required),
  };
}

function describe(error: unknown): string {
  return error instanceof EngineError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
}
