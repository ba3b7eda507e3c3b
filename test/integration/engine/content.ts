/** Images and archives for the tests of the engine's stores, and a registry that can misbehave. */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';

export type Entry = Partial<Header> & { name: string } & { content?: string | Buffer };

/** A plain tar. */
export async function tarOf(entries: readonly Entry[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries) archive.entry({ mtime: new Date(1_700_000_000_000), ...header }, content ?? '');
  archive.finalize();
  const parts: Buffer[] = [];
  for await (const part of archive as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

export const digest = (bytes: Buffer | string): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A stream of one or several pieces. */
export async function* bytesOf(...parts: Buffer[]): AsyncGenerator<Buffer> {
  yield* parts;
}

export interface TestImage {
  manifest: string;
  manifestDigest: string;
  config: Buffer;
  blobs: Map<string, Buffer>;
  layers: Buffer[];
}

const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';

export function imageOf(tars: readonly Buffer[], config: object = {}): TestImage {
  const layers = tars.map((tar) => gzipSync(tar));
  const rootfs = { type: 'layers', diff_ids: tars.map(digest) };
  const blob = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config, rootfs, created: '2025-01-02T00:00:00Z' }));
  const describe = (bytes: Buffer, mediaType: string) => ({ mediaType, digest: digest(bytes), size: bytes.length });
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: describe(blob, 'application/vnd.docker.container.image.v1+json'),
    layers: layers.map((layer) => describe(layer, 'application/vnd.docker.image.rootfs.diff.tar.gzip')),
  });
  const blobs = new Map([blob, ...layers].map((bytes) => [digest(bytes), bytes]));
  return { manifest, manifestDigest: digest(manifest), config: blob, blobs, layers };
}

/** Asked before the registry answers; true when the hook did. */
export type Hook = (request: IncomingMessage, response: ServerResponse) => boolean;

/** A small registry on 127.0.0.1: tags by `repository:tag`, ranges, and a hook for everything else. */
export class TestRegistry {
  readonly requests: string[] = [];
  hook: Hook = () => false;
  readonly #images = new Map<string, TestImage>();
  readonly #server: Server;

  private constructor() {
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async start(): Promise<TestRegistry> {
    const registry = new TestRegistry();
    await new Promise<void>((resolve) => registry.#server.listen(0, '127.0.0.1', resolve));
    return registry;
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  put(name: string, image: TestImage): void {
    this.#images.set(name, image);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${request.method} ${request.url}`);
    if (this.hook(request, response)) return;
    // a request to a proxy names the whole URL
    const url = (request.url ?? '').replace(/^http:\/\/[^/]+/, '');
    if (url === '/v2/') {
      response.end('{}');
      return;
    }
    const [, repository = '', kind = '', reference = ''] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url) ?? [];
    if (kind === 'manifests') this.#manifest(response, repository, reference);
    else this.#blob(request, response, reference);
  }

  #manifest(response: ServerResponse, repository: string, reference: string): void {
    const image =
      this.#images.get(`${repository}:${reference}`) ??
      [...this.#images.values()].find(({ manifestDigest }) => manifestDigest === reference);
    if (image) response.setHeader('content-type', MANIFEST_TYPE).end(image.manifest);
    else response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
  }

  #blob(request: IncomingMessage, response: ServerResponse, wanted: string): void {
    const bytes = [...this.#images.values()].map(({ blobs }) => blobs.get(wanted)).find((found) => found !== undefined);
    const from = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
    if (!bytes) response.writeHead(404).end('{"errors":[{"code":"BLOB_UNKNOWN","message":"blob unknown"}]}');
    else if (from > 0)
      response.writeHead(206, { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` }).end(bytes.subarray(from));
    else response.end(bytes);
  }
}
