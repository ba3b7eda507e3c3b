import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Image, LayerStore } from '../contracts.ts';
import { notFound } from '../errors.ts';
import { changeDirectory } from '../syscalls/directory.ts';
import { mount, unmount } from '../syscalls/mount.ts';
import { type ImageLayer, type ImageLayers, removeFolder } from './image-layers.ts';
import { ensureInitLayer } from './init-layer.ts';

const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** The page that mount(2) copies its options from. */
const OPTION_LIMIT = 4095;

/**
 * Containers' own layers, `<data-root>/overlay2/<hash of its id>/{diff,work,merged,lower}`. Folders are journaled in
 * order by ext4 and xfs, so that the sync of `lower` makes them durable too.
 */
export class ContainerLayers implements LayerStore {
  readonly #images: ImageLayers;

  /** What each container stands on, ChainIDs bottom first. */
  readonly #chains = new Map<string, string[]>();

  constructor(images: ImageLayers) {
    this.#images = images;
    images.retain(() => [...this.#chains.values()].flat());
  }

  async create(containerId: string, image: Image): Promise<void> {
    const layers = this.#images.chain(image.config.rootfs.diff_ids).reverse();
    this.#chains.set(containerId, layers.map((layer) => layer.chainId).reverse());
    const folder = this.#folder(containerId);
    for (const name of ['diff', 'work', 'merged']) mkdirSync(join(folder, name), { recursive: true, mode: 0o755 });
    const top = layers[0];
    if (top) this.#ensureInit(top, layers);
    const lower = [...(top ? [`${top.cacheId}-init/diff`] : []), ...layers.map((layer) => `l/${layer.link}`)];
    await writeDurably(join(folder, 'lower'), lower.join(':'));
  }

  #ensureInit(top: ImageLayer, layers: readonly ImageLayer[]): void {
    const root = this.#images.root;
    this.#inRoot(() =>
      ensureInitLayer(
        join(root, top.cacheId),
        layers.map((layer) => `l/${layer.link}`),
      ),
    );
  }

  async mount(containerId: string): Promise<string> {
    const folder = this.#folder(containerId);
    const merged = join(folder, 'merged');
    if (!exists(join(folder, 'lower'))) throw notFound(`the layer of container ${containerId} is gone: ${folder}`);
    if (this.#isMounted(containerId)) return merged;
    const lower = readFileSync(join(folder, 'lower'), 'utf8');
    const options = `lowerdir=${lower},upperdir=${mountId(containerId)}/diff,workdir=${mountId(containerId)}/work`;
    if (options.length > OPTION_LIMIT) throw notFound(`the image has too many layers to mount: ${lower.split(':').length}`);
    this.#inRoot(() => mount('overlay', merged, 'overlay', 0, options));
    return merged;
  }

  async unmount(containerId: string): Promise<void> {
    unmount(join(this.#folder(containerId), 'merged'));
  }

  async remove(containerId: string): Promise<void> {
    const folder = this.#folder(containerId);
    unmount(join(folder, 'merged'));
    await removeFolder(folder);
    const chain = this.#chains.get(containerId);
    this.#chains.delete(containerId);
    // the image may have gone before its last container
    if (chain) await this.#images.removeUnused(chain);
  }

  async graphDriver(containerId: string): Promise<{ Name: string; Data: Record<string, string> }> {
    const folder = this.#folder(containerId);
    const lower = exists(join(folder, 'lower')) ? readFileSync(join(folder, 'lower'), 'utf8').split(':') : [];
    return {
      Name: 'overlay2',
      Data: {
        ID: containerId,
        LowerDir: lower.map((name) => this.#lowerPath(name)).join(':'),
        MergedDir: join(folder, 'merged'),
        UpperDir: join(folder, 'diff'),
        WorkDir: join(folder, 'work'),
      },
    };
  }

  async usage(containerId: string): Promise<{ rw: number; rootFs: number }> {
    const folder = this.#folder(containerId);
    const rw = await treeSize(join(folder, 'diff'));
    const lower = new Set(exists(join(folder, 'lower')) ? readFileSync(join(folder, 'lower'), 'utf8').split(':') : []);
    const below = this.#images.list().filter((layer) => lower.has(`l/${layer.link}`));
    return { rw, rootFs: rw + below.reduce((sum, layer) => sum + layer.size, 0) };
  }

  /** ImageLayers.clear with what containers hold; call once at start, before anything is mounted or pulled. */
  async clear(containerIds: Iterable<string>): Promise<void> {
    const ids = [...containerIds];
    const keep = new Set(ids.map(mountId));
    for (const id of ids) this.#chains.set(id, this.#chainOf(id));
    for (const name of await readdir(this.#images.root)) {
      if (!keep.has(name)) unmount(join(this.#images.root, name, 'merged'));
    }
    await this.#images.clear(keep);
  }

  #chainOf(containerId: string): string[] {
    const path = join(this.#folder(containerId), 'lower');
    const links = exists(path) ? readFileSync(path, 'utf8').split(':') : [];
    const byLink = new Map(this.#images.list().map((layer) => [`l/${layer.link}`, layer.chainId]));
    return links.flatMap((link) => byLink.get(link) ?? []).reverse();
  }

  #folder(containerId: string): string {
    return join(this.#images.root, mountId(containerId));
  }

  #lowerPath(name: string): string {
    const layer = this.#images.list().find((candidate) => `l/${candidate.link}` === name);
    return join(this.#images.root, layer ? `${layer.cacheId}/diff` : name);
  }

  /** Something mounted has another device number than the folder it is in. */
  #isMounted(containerId: string): boolean {
    const folder = this.#folder(containerId);
    return statSync(join(folder, 'merged')).dev !== statSync(folder).dev;
  }

  /** Mounts with paths relative to overlay2, so that a hundred lower layers fit. Synchronous: nothing runs in between. */
  #inRoot(step: () => void): void {
    const back = changeDirectory(this.#images.root);
    try {
      step();
    } finally {
      back();
    }
  }
}

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Folder name of a container's layer; not its id, which dockerd does not use there either. */
const mountId = (containerId: string): string => createHash('sha256').update(containerId).digest('hex');

/** Bytes of what is not a directory, hard links counted once, as dockerd's directory.Size. */
async function treeSize(path: string): Promise<number> {
  let size = 0;
  const seen = new Set<number>();
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true }).catch(() => [])) {
    if (entry.isDirectory()) continue;
    const found = await lstat(join(entry.parentPath, entry.name)).catch(() => undefined);
    if (!found || seen.has(found.ino)) continue;
    seen.add(found.ino);
    size += found.size;
  }
  return size;
}
