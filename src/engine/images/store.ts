import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '../../core/atomic-file.ts';
import type { Image, ImageStore } from '../contracts.ts';
import { type EngineError, notFound } from '../errors.ts';
import { chainIds } from '../layers/chain-id.ts';
import type { ImageLayers } from '../layers/image-layers.ts';
import { digestOf, type ImageConfig, parseImageConfig } from './config.ts';
import { familiarString, fullName, parseReference, type Reference, withDefaultTag } from './reference.ts';
import { Repositories } from './repositories.ts';

export interface StoredImage {
  id: string;
  config: ImageConfig & Image['config'];
  /** Bytes of all layers. */
  size: number;
}

export type ContainerUse = { id: string; imageId: string; running: boolean; name: string };

/**
 * Images by id: the config blobs under `<data-root>/image/overlay2/imagedb/content/sha256`, names in repositories.json.
 * An image is added when all its layers are; its blob is checked against its id when read.
 */
export class Images implements ImageStore {
  readonly layers: ImageLayers;
  readonly repositories: Repositories;
  readonly #blobs: string;
  readonly #images = new Map<string, StoredImage>();
  readonly #held: (readonly string[])[] = [];
  #containers: () => Iterable<ContainerUse> = () => [];

  private constructor(layers: ImageLayers, repositories: Repositories, blobs: string) {
    this.layers = layers;
    this.repositories = repositories;
    this.#blobs = blobs;
  }

  static async open(dataRoot: string, layers: ImageLayers): Promise<Images> {
    const folder = join(dataRoot, 'image/overlay2');
    const blobs = join(folder, 'imagedb/content/sha256');
    await mkdir(blobs, { recursive: true, mode: 0o700 });
    const images = new Images(layers, await Repositories.open(join(folder, 'repositories.json')), blobs);
    await images.#load();
    layers.retain(() => [...images.list().flatMap((image) => chainIds(image.config.rootfs.diff_ids)), ...images.#held.flat()]);
    return images;
  }

  useContainers(list: () => Iterable<ContainerUse>): void {
    this.#containers = list;
  }

  containersOf(imageId: string): ContainerUse[] {
    return [...this.#containers()].filter((container) => container.imageId === imageId);
  }

  async resolve(text: string): Promise<Image> {
    const stored = this.find(text);
    const references = this.repositories.of(stored.id);
    return {
      id: stored.id,
      config: stored.config,
      repoTags: references.filter((reference) => reference.digest === undefined).map(familiarString),
      repoDigests: references.filter((reference) => reference.digest !== undefined).map(familiarString),
    };
  }

  /** By id, name or prefix of an id, in dockerd's order. Throws EngineError 404 `No such image: …`. */
  find(text: string): StoredImage {
    const byId = /^(?:sha256:)?[0-9a-f]{64}$/.test(text) ? this.#images.get(`sha256:${text.slice(-64)}`) : undefined;
    if (byId) return byId;
    const missing = (): EngineError => notFound(`No such image: ${describe(text)}`);
    if (/^(?:sha256:)?[0-9a-f]{64}$/.test(text)) throw missing();
    const named = this.#byName(parseReference(text));
    if (named) return named;
    const prefix = /^(?:sha256:)?([0-9a-f]+)$/.exec(text)?.[1];
    const matches = prefix === undefined ? [] : [...this.#images.values()].filter((image) => image.id.startsWith(`sha256:${prefix}`));
    if (matches.length > 1) throw notFound(`No such image: ${describe(text)}`);
    if (!matches[0]) throw missing();
    return matches[0];
  }

  get(id: string): StoredImage | undefined {
    return this.#images.get(id);
  }

  list(): StoredImage[] {
    return [...this.#images.values()];
  }

  /** Adds an image whose layers are all registered; an image that is there stays as it is. Gives its id. */
  async add(blob: Uint8Array): Promise<StoredImage> {
    const id = digestOf(blob);
    const existing = this.#images.get(id);
    if (existing) return existing;
    const config = parseImageConfig(blob);
    const size = this.layers.chain(config.rootfs.diff_ids).reduce((sum, layer) => sum + layer.size, 0);
    await writeFileAtomic(join(this.#blobs, id.slice(7)), blob);
    const image: StoredImage = { id, config, size };
    this.#images.set(id, image);
    return image;
  }

  async tag(reference: Reference, image: StoredImage): Promise<void> {
    await this.repositories.set(reference, image.id);
  }

  /** The raw config blob. */
  readBlob(id: string): Promise<Buffer> {
    return readFile(join(this.#blobs, id.slice(7)));
  }

  /** Keeps layers of an image that is still being made. Give the list back to `release` when it is there or has failed. */
  hold(chain: readonly string[]): void {
    this.#held.push(chain);
  }

  /** Ends `hold`; layers that no image came to use go. */
  async release(chain: readonly string[]): Promise<void> {
    const place = this.#held.indexOf(chain);
    if (place >= 0) this.#held.splice(place, 1);
    await this.layers.removeUnused(chain);
  }

  /** Removes an image and the layers only it used, top first. Gives their ChainIDs. Names are the caller's business. */
  async remove(image: StoredImage): Promise<string[]> {
    this.#images.delete(image.id);
    await rm(join(this.#blobs, image.id.slice(7)), { force: true });
    return this.layers.removeUnused(chainIds(image.config.rootfs.diff_ids));
  }

  #byName(reference: Reference): StoredImage | undefined {
    const wanted = withDefaultTag(reference);
    const exact = wanted.digest === undefined ? wanted : { domain: wanted.domain, path: wanted.path, digest: wanted.digest };
    const id = this.repositories.get(exact);
    if (id !== undefined) return this.#images.get(id);
    // name@<image id> is an answer too, when the image has that name
    const byDigest = wanted.digest === undefined ? undefined : this.#images.get(wanted.digest);
    const names = byDigest ? this.repositories.of(byDigest.id) : [];
    return names.some((name) => fullName(name) === fullName(reference)) ? byDigest : undefined;
  }

  async #load(): Promise<void> {
    for (const name of await readdir(this.#blobs)) {
      if (!/^[0-9a-f]{64}$/.test(name)) continue;
      const blob = await readFile(join(this.#blobs, name));
      if (digestOf(blob) !== `sha256:${name}`) continue;
      try {
        const config = parseImageConfig(blob);
        const size = this.layers.chain(config.rootfs.diff_ids).reduce((sum, layer) => sum + layer.size, 0);
        this.#images.set(`sha256:${name}`, { id: `sha256:${name}`, config, size });
      } catch {
        // a layer is missing: the image is not there, and pulling it again mends it
      }
    }
  }
}

/** dockerd names what it looked for in the form a user would write, with the default tag. */
function describe(text: string): string {
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(text)) return text.startsWith('sha256:') ? text : `sha256:${text}`;
  return familiarString(withDefaultTag(parseReference(text)));
}
