import { messageOf } from '../../core/errors.ts';
import { EngineError, internal } from '../errors.ts';
import { chainIds } from '../layers/chain-id.ts';
import { agentsFor } from '../registry/agents.ts';
import type { Credentials } from '../registry/auth.ts';
import { blobStream } from '../registry/blob-stream.ts';
import { endpointsOf, type RegistryOptions } from '../registry/endpoints.ts';
import { pullError } from '../registry/errors.ts';
import { type Descriptor, type Manifest, type Platform, readManifest } from '../registry/manifest.ts';
import { Repository, type RepositoryAccess } from '../registry/repository.ts';
import { digestOf, parseImageConfig } from './config.ts';
import { LayerProgress, type ProgressSink } from './progress.ts';
import { familiarName, familiarString, type Reference } from './reference.ts';
import { Semaphore, SharedWork } from './shared-work.ts';
import type { Images, StoredImage } from './store.ts';

export interface PullRequest {
  /** With a tag or a digest. */
  reference: Reference;
  platform: Platform;
  credentials: Credentials;
  signal: AbortSignal;
}

type LayerEvent = { status: string; current?: number; total?: number };

const CONFIG_LIMIT = 8 << 20;
const MAX_INDEX_DEPTH = 4;

/** Pulls images into a store. Several pulls of one layer share one download. */
export class Puller {
  readonly #images: Images;
  readonly #options: () => RegistryOptions;
  readonly #layers = new SharedWork<LayerEvent>();
  readonly #downloads = new Semaphore(() => this.#options().maxConcurrentDownloads);

  constructor(images: Images, options: () => RegistryOptions) {
    this.#images = images;
    this.#options = options;
  }

  /** Tries the endpoints in order; a mirror's failure is never the last word. Throws EngineError in dockerd's words. */
  async pull(request: PullRequest, sink: ProgressSink): Promise<void> {
    const { reference, signal } = request;
    let failure: unknown = internal(`no endpoints found for ${familiarString(reference)}`);
    for (const endpoint of await endpointsOf(reference.domain, this.#options())) {
      try {
        await this.#pullFrom(new Repository(endpoint, reference.path, this.#access(request)), request, sink);
        return;
      } catch (error) {
        if (signal.aborted) throw internal('context canceled', error);
        failure = error;
        if (!endpoint.isMirror && !(error instanceof EngineError && /^Get "/.test(error.message))) break;
      }
    }
    throw pullError(failure, reference);
  }

  /** The names of all tags of a repository. */
  async tags(request: PullRequest): Promise<string[]> {
    const { reference } = request;
    let failure: unknown;
    for (const endpoint of await endpointsOf(reference.domain, this.#options())) {
      try {
        return await new Repository(endpoint, reference.path, this.#access(request)).tags();
      } catch (error) {
        failure = error;
      }
    }
    throw pullError(failure, reference);
  }

  #access({ credentials, signal }: PullRequest): RepositoryAccess {
    return { credentials, signal, agents: agentsFor(this.#options().proxies) };
  }

  async #pullFrom(repository: Repository, { reference, platform, signal }: PullRequest, sink: ProgressSink): Promise<void> {
    const { manifest, digest } = await findManifest(repository, reference, platform);
    sink.write({ status: `Pulling from ${reference.path}`, id: reference.tag ?? reference.digest });
    const before = this.#images.repositories.get(reference);
    const known = this.#images.get(manifest.config.digest);
    const image = known ?? (await this.#fetchImage(repository, manifest, sink, signal));
    await this.#images.tag({ domain: reference.domain, path: reference.path, digest }, image);
    if (reference.tag !== undefined) await this.#images.tag(reference, image);
    sink.write({ status: `Digest: ${digest}` });
    const upToDate = before === image.id;
    const name = familiarString(reference);
    sink.write({ status: `Status: ${upToDate ? 'Image is up to date' : 'Downloaded newer image'} for ${name}` });
    const { os, architecture } = image.config;
    if (architecture && (os !== platform.os || architecture !== platform.architecture)) {
      const found = `${os}/${architecture}${image.config.variant ? `/${image.config.variant}` : ''}`;
      const wanted = `${platform.os}/${platform.architecture}${platform.variant ? `/${platform.variant}` : ''}`;
      sink.write({
        status: `WARNING: image with reference ${name} was found but its platform (${found}) does not match the specified platform (${wanted})`,
      });
    }
  }

  async #fetchImage(repository: Repository, manifest: Manifest, sink: ProgressSink, signal: AbortSignal): Promise<StoredImage> {
    const { layers } = manifest;
    const blob = await fetchBlob(repository, manifest.config, signal);
    const config = parseImageConfig(blob);
    if (config.os && config.os !== 'linux') throw internal(`image operating system "${config.os}" cannot be used on this platform`);
    const diffIds = config.rootfs.diff_ids;
    if (layers.length !== diffIds.length) throw internal("layers from manifest don't match image configuration");
    const chain = chainIds(diffIds);
    this.#images.hold(chain);
    try {
      await this.#fetchLayers(repository, layers, diffIds, chain, sink, signal);
      return await this.#images.add(blob);
    } finally {
      await this.#images.release(chain);
    }
  }

  /** All downloads at once, as far as places go; each layer is registered on the one below it. */
  async #fetchLayers(
    repository: Repository,
    layers: readonly Descriptor[],
    diffIds: readonly string[],
    chain: readonly string[],
    sink: ProgressSink,
    signal: AbortSignal,
  ): Promise<void> {
    const failed = new AbortController();
    const either = AbortSignal.any([signal, failed.signal]);
    let below: Promise<void> = Promise.resolve();
    const all = layers.map((layer, index) => {
      const progress = new LayerProgress(sink, shortId(layer.digest));
      const chainId = chain[index] ?? '';
      if (this.#images.layers.get(chainId)) {
        progress.status('Already exists');
        return below;
      }
      progress.status('Pulling fs layer');
      const parent = { chainId: chain[index - 1], done: below };
      const report = (event: LayerEvent): void =>
        event.total === undefined ? progress.status(event.status) : progress.bytes(event.status, event.current ?? 0, event.total);
      below = this.#layers
        .join(chainId, report, either, (tell, abort) => this.#fetchLayer(repository, layer, diffIds[index] ?? '', parent, tell, abort))
        .catch((error: unknown) => {
          failed.abort(error);
          throw error;
        });
      below.catch(() => undefined);
      return below;
    });
    const results = await Promise.allSettled(all);
    if (results.some((result) => result.status === 'rejected')) throw failed.signal.aborted ? failed.signal.reason : signal.reason;
  }

  async #fetchLayer(
    repository: Repository,
    layer: Descriptor,
    diffId: string,
    parent: { chainId: string | undefined; done: Promise<void> },
    tell: (event: LayerEvent) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const store = this.#images.layers;
    const staged = await this.#downloads.run(() => {
      signal.throwIfAborted();
      const progress = {
        received: (current: number): void => tell({ status: 'Downloading', current, total: layer.size }),
        attempts: this.#options().maxDownloadAttempts,
        retrying: (seconds: number): void => tell({ status: `Retrying in ${seconds} second${seconds === 1 ? '' : 's'}` }),
      };
      return store.stage(blobStream(repository, layer, progress, signal));
    });
    try {
      tell({ status: 'Download complete' });
      if (staged.diffId !== diffId)
        throw internal(`layers from manifest don't match image configuration: ${layer.digest} is ${staged.diffId}, not ${diffId}`);
      tell({ status: 'Extracting', current: layer.size, total: layer.size });
      await parent.done;
    } catch (error) {
      await store.discard(staged);
      throw error;
    }
    await store.register(staged, parent.chainId);
    tell({ status: 'Pull complete' });
  }
}

async function findManifest(
  repository: Repository,
  reference: Reference,
  platform: Platform,
): Promise<{ manifest: Manifest; digest: string }> {
  let wanted = reference.digest ?? reference.tag ?? 'latest';
  let digest: string | undefined;
  for (let depth = 0; depth < MAX_INDEX_DEPTH; depth += 1) {
    const answer = await repository.manifest(wanted);
    digest ??= answer.digest;
    let found: ReturnType<typeof readManifest>;
    try {
      found = readManifest(answer.text, answer.mediaType, platform);
    } catch (error) {
      if (error instanceof EngineError) throw error;
      throw internal(`invalid manifest ${answer.digest}: ${messageOf(error)}`, error);
    }
    if (!('from' in found)) return { manifest: found, digest };
    wanted = found.from.digest;
  }
  throw internal(`${familiarName(reference)}: too many manifest lists inside one another`);
}

async function fetchBlob(repository: Repository, blob: Descriptor, signal: AbortSignal): Promise<Buffer> {
  if (blob.size > CONFIG_LIMIT) throw internal(`image configuration of ${blob.size} bytes is too large`);
  const parts: Buffer[] = [];
  const silent = { received: (): void => undefined, retrying: (): void => undefined, attempts: 5 };
  for await (const part of blobStream(repository, blob, silent, signal)) parts.push(part);
  const bytes = Buffer.concat(parts);
  if (digestOf(bytes) !== blob.digest) throw internal(`image config verification failed for digest ${blob.digest}`);
  return bytes;
}

const shortId = (digest: string): string => digest.slice(7, 19);
