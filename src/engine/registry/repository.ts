import type { IncomingMessage } from 'node:http';
import { internal } from '../errors.ts';
import { digestOf, isDigest } from '../images/config.ts';
import type { Agents } from './agents.ts';
import { authorize, type Credentials } from './auth.ts';
import type { Endpoint } from './endpoints.ts';
import { RegistryError, registryError } from './errors.ts';
import { readBytes, readText, send } from './http.ts';
import { MANIFEST_TYPES } from './manifest.ts';

const MANIFEST_LIMIT = 4 << 20;
const ERROR_LIMIT = 64 << 10;

export interface RepositoryAccess {
  credentials: Credentials;
  signal: AbortSignal;
  agents: Agents;
}

/** One repository at one endpoint (OCI distribution spec v1.1, pull). */
export class Repository {
  readonly endpoint: Endpoint;
  readonly #path: string;
  readonly #credentials: Credentials;
  readonly #signal: AbortSignal;
  readonly #agents: Agents;
  #authorization: Promise<string | undefined> | undefined;

  constructor(endpoint: Endpoint, path: string, { credentials, signal, agents }: RepositoryAccess) {
    this.endpoint = endpoint;
    this.#path = path;
    this.#credentials = endpoint.isMirror ? {} : credentials;
    this.#signal = signal;
    this.#agents = agents;
  }

  /** By tag or digest; the digest is checked when it was asked for. Throws RegistryError or EngineError. */
  async manifest(reference: string): Promise<{ text: string; mediaType: string; digest: string }> {
    const answer = await this.#get(`manifests/${reference}`, { accept: MANIFEST_TYPES }, this.#signal);
    const bytes = await readBytes(answer, MANIFEST_LIMIT);
    const digest = digestOf(bytes);
    if (isDigest(reference) && digest !== reference) throw internal(`manifest verification failed for digest ${reference}`);
    return { text: bytes.toString('utf8'), mediaType: answer.headers['content-type'] ?? '', digest };
  }

  /** Names of all tags, in the registry's order. */
  async tags(): Promise<string[]> {
    const answer = await this.#get('tags/list', {}, this.#signal);
    const { tags } = JSON.parse(await readText(answer, MANIFEST_LIMIT)) as { tags?: string[] | null };
    return tags ?? [];
  }

  /** A blob's bytes from `offset` on. The caller checks the digest and reads or destroys the answer. */
  async blob(digest: string, offset: number, signal: AbortSignal): Promise<{ body: IncomingMessage; from: number }> {
    const answer = await this.#get(`blobs/${digest}`, offset > 0 ? { range: `bytes=${offset}-` } : {}, signal);
    const start = /^bytes (\d+)-/.exec(answer.headers['content-range'] ?? '')?.[1];
    return { body: answer, from: answer.statusCode === 206 && start !== undefined ? Number(start) : 0 };
  }

  /** One answer of 200 or 206; a token that ran out is renewed once. */
  async #get(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
    const url = new URL(`${this.endpoint.url}/v2/${this.#path}/${path}`);
    for (let attempt = 0; ; attempt += 1) {
      this.#authorization ??= this.#handshake();
      const authorization = await this.#authorization;
      const answer = await send(url, {
        headers: authorization === undefined ? headers : { ...headers, authorization },
        verify: this.endpoint.verify,
        signal,
        agents: this.#agents,
      });
      if (answer.statusCode === 200 || answer.statusCode === 206) return answer;
      const text = await readText(answer, ERROR_LIMIT);
      if (answer.statusCode !== 401 || attempt > 0) throw missing(path, registryError(answer.statusCode ?? 0, text));
      this.#authorization = this.#authorize(answer.headers['www-authenticate']);
    }
  }

  /** `GET /v2/` tells whether there is a registry and how it wants to be asked. */
  async #handshake(): Promise<string | undefined> {
    const answer = await send(new URL(`${this.endpoint.url}/v2/`), {
      verify: this.endpoint.verify,
      signal: this.#signal,
      agents: this.#agents,
    });
    answer.resume();
    return answer.statusCode === 401 ? this.#authorize(answer.headers['www-authenticate']) : undefined;
  }

  #authorize(challenge: string | undefined): Promise<string | undefined> {
    return authorize(challenge, this.#path, this.#credentials, {
      verify: this.endpoint.verify,
      signal: this.#signal,
      agents: this.#agents,
    });
  }
}

/** A bare 404 says what was asked for. */
function missing(path: string, error: RegistryError): RegistryError {
  if (error.code !== 'NAME_UNKNOWN' || !path.startsWith('blobs/')) return error;
  return new RegistryError(404, 'BLOB_UNKNOWN', 'blob unknown to registry');
}
