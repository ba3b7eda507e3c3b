import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { syncFolder, writeFileAtomic } from '../../core/atomic-file.ts';
import { internal } from '../errors.ts';
import { syncFileSystem } from '../syscalls/sync.ts';
import { chainIds } from './chain-id.ts';
import { type ExtractedLayer, extractLayer } from './extract.ts';
import { makeLink } from './links.ts';

/** A read-only layer that is complete on disk. */
export interface ImageLayer {
  chainId: string;
  diffId: string;
  /** ChainID of the layer below. */
  parent?: string;
  /** Folder under overlay2, 64 hex digits. */
  cacheId: string;
  /** Name under overlay2/l. */
  link: string;
  size: number;
}

/** A layer unpacked but not yet part of an image. */
export interface StagedLayer extends ExtractedLayer {
  path: string;
}

const UNFINISHED = /^tmp-|-removing$|^load-/;

/**
 * Read-only layers: `<data-root>/overlay2/<cacheId>` and a record each in `<data-root>/image/overlay2/layerdb`. A record
 * is written only when its layer is whole and on the disk, so that a crash or a power cut at any moment leaves a layer
 * that is there or one that is not; what has no record is cleared at the next start.
 */
export class ImageLayers {
  readonly root: string;
  readonly #records: string;
  readonly #layers = new Map<string, ImageLayer>();
  readonly #users: (() => Iterable<string>)[] = [];

  private constructor(dataRoot: string) {
    this.root = join(dataRoot, 'overlay2');
    this.#records = join(dataRoot, 'image/overlay2/layerdb');
  }

  static async open(dataRoot: string): Promise<ImageLayers> {
    const store = new ImageLayers(dataRoot);
    await mkdir(join(store.root, 'l'), { recursive: true, mode: 0o710 });
    await mkdir(store.#records, { recursive: true, mode: 0o700 });
    await store.#load();
    return store;
  }

  get(chainId: string): ImageLayer | undefined {
    return this.#layers.get(chainId);
  }

  /** The layers of an image, bottom first. Throws EngineError 500 when one is missing. */
  chain(diffIds: readonly string[]): ImageLayer[] {
    return chainIds(diffIds).map((chainId) => {
      const layer = this.#layers.get(chainId);
      if (!layer) throw internal(`layer does not exist: ${chainId}`);
      return layer;
    });
  }

  /** Unpacks a layer aside. Belongs to the caller, who registers or discards it. */
  async stage(source: AsyncIterable<Buffer>): Promise<StagedLayer> {
    const path = join(this.root, `tmp-${randomBytes(16).toString('hex')}`);
    await mkdir(join(path, 'diff'), { recursive: true, mode: 0o755 });
    try {
      return { path, ...(await extractLayer(source, join(path, 'diff'))) };
    } catch (error) {
      await rm(path, { recursive: true, force: true });
      throw error;
    }
  }

  async discard(staged: StagedLayer): Promise<void> {
    await rm(staged.path, { recursive: true, force: true });
  }

  /** Makes a staged layer the one above `parent` (a ChainID); one that is there already wins, and the staged one goes. */
  async register(staged: StagedLayer, parent: string | undefined): Promise<ImageLayer> {
    const chainId = chainIds(parent === undefined ? [staged.diffId] : [parent, staged.diffId]).at(-1) ?? staged.diffId;
    const existing = this.#layers.get(chainId);
    if (existing) {
      await this.discard(staged);
      return existing;
    }
    const cacheId = randomBytes(32).toString('hex');
    await mkdir(join(staged.path, 'work'), { mode: 0o700 });
    const link = await makeLink(this.root, staged.path, cacheId);
    await syncFileSystem(staged.path);
    await rename(staged.path, join(this.root, cacheId));
    await syncFolder(this.root);
    const layer: ImageLayer = {
      chainId,
      diffId: staged.diffId,
      ...(parent === undefined ? {} : { parent }),
      cacheId,
      link,
      size: staged.size,
    };
    await writeFileAtomic(this.#recordPath(chainId), JSON.stringify(layer));
    this.#layers.set(chainId, layer);
    return layer;
  }

  /** Tells who else needs layers: images by their configuration, containers by what they stand on. */
  retain(chainIdsInUse: () => Iterable<string>): void {
    this.#users.push(chainIdsInUse);
  }

  /** Removes those of a chain (bottom first) that nobody needs, top first. Gives their ChainIDs. */
  async removeUnused(chain: readonly string[]): Promise<string[]> {
    const used = new Set(this.#users.flatMap((user) => [...user()]));
    const unused = chain.filter((chainId) => !used.has(chainId) && this.#layers.has(chainId)).reverse();
    for (const chainId of unused) await this.#remove(chainId);
    return unused;
  }

  /** The record goes first. */
  async #remove(chainId: string): Promise<void> {
    const layer = this.#layers.get(chainId);
    if (!layer) return;
    this.#layers.delete(chainId);
    await rm(this.#recordPath(chainId), { force: true });
    await rm(join(this.root, 'l', layer.link), { force: true });
    for (const folder of [layer.cacheId, `${layer.cacheId}-init`]) await removeFolder(join(this.root, folder));
  }

  /** All that is there. */
  list(): ImageLayer[] {
    return [...this.#layers.values()];
  }

  /** Clears what a crash left: unfinished folders, layers without record, links to nothing. `keep`: folders of containers. */
  async clear(keep: ReadonlySet<string>): Promise<void> {
    const used = new Set([...keep, ...this.list().flatMap((layer) => [layer.cacheId, `${layer.cacheId}-init`]), 'l']);
    for (const name of await readdir(this.root)) {
      if (!used.has(name) || UNFINISHED.test(name)) await removeFolder(join(this.root, name));
    }
    const kept = new Set(await readdir(this.root));
    for (const short of await readdir(join(this.root, 'l'))) {
      const target = await readlink(join(this.root, 'l', short)).catch(() => '');
      if (!kept.has(target.split('/')[1] ?? '')) await rm(join(this.root, 'l', short), { force: true });
    }
  }

  #recordPath(chainId: string): string {
    return join(this.#records, `${chainId.replace('sha256:', '')}.json`);
  }

  async #load(): Promise<void> {
    for (const name of await readdir(this.#records)) {
      if (!/^[0-9a-f]{64}\.json$/.test(name)) continue;
      try {
        const layer = JSON.parse(await readFile(join(this.#records, name), 'utf8')) as ImageLayer;
        if (`sha256:${name.slice(0, 64)}` === layer.chainId) this.#layers.set(layer.chainId, layer);
      } catch {
        // a record that cannot be read is a layer that is not there: pulling it again mends both
      }
    }
  }
}

/** Two steps, so that a crash never leaves half a folder under a name that means something. */
export async function removeFolder(path: string): Promise<void> {
  if (!path.endsWith('-removing')) {
    const aside = `${path}-removing`;
    try {
      await rename(path, aside);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
      throw error;
    }
    path = aside;
  }
  await rm(path, { recursive: true, force: true, maxRetries: 3 });
}
