import { mkdir, mkdtemp, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { syncFolder, writeFileAtomic } from '../core/atomic-file.ts';
import { MachineError, messageOf, systemCode } from '../core/errors.ts';
import { type ImageManifest, readManifest } from './manifest.ts';
import { verifyImage } from './verify-image.ts';

export interface CachedImage {
  readonly dir: string;
  readonly manifest: ImageManifest;
  /** New machines get this one. */
  readonly current: boolean;
}

/** An entry of the cache that cannot be read: listed, so that it can be removed. */
export interface BrokenImage {
  readonly dir: string;
  readonly reason: string;
}

const SHORT = 12;
const shortDigest = (digest: string): string => digest.replace(/^sha256:/, '').slice(0, SHORT);

/**
 * The store's boot images: `<folder>/<first 12 digits of the digest>/`, and `current`, which holds the digest of the one for
 * new machines. An image appears as a whole (rename) or not at all. Callers hold the store's lock for images while they change it.
 */
export class ImageCache {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  async list(): Promise<(CachedImage | BrokenImage)[]> {
    const current = await this.#currentDigest();
    const names = (await readFolder(this.folder)).filter((name) => /^[0-9a-f]{12}$/.test(name)).sort();
    return Promise.all(
      names.map(async (name) => {
        const dir = join(this.folder, name);
        try {
          const manifest = await readManifest(dir);
          return { dir, manifest, current: manifest.digest === current };
        } catch (error) {
          return { dir, reason: messageOf(error) };
        }
      }),
    );
  }

  /** Undefined when none was made yet. Not verified: see `verified`. */
  async current(): Promise<CachedImage | undefined> {
    const digest = await this.#currentDigest();
    if (digest === undefined) return undefined;
    const dir = join(this.folder, shortDigest(digest));
    try {
      return { dir, manifest: await readManifest(dir), current: true };
    } catch (error) {
      if (error instanceof MachineError && error.code === 'IMAGE_NOT_FOUND') return undefined;
      throw error;
    }
  }

  /** The image with this digest, every byte checked. Throws `IMAGE_NOT_FOUND`, `IMAGE_CHANGED`. */
  async verified(digest: string, signal?: AbortSignal): Promise<CachedImage> {
    const dir = join(this.folder, shortDigest(digest));
    const manifest = await verifyImage(dir, digest, signal);
    return { dir, manifest, current: (await this.#currentDigest()) === digest };
  }

  /**
   * Takes in what `make` writes into an empty folder, and makes it the current image unless told not to. The same image that is there already is
   * replaced, so building again mends a changed one; what an interrupted build left behind is cleared away.
   */
  async add(make: (dir: string) => Promise<ImageManifest>, options: { makeCurrent?: boolean } = {}): Promise<CachedImage> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    await this.#clearLeftovers();
    const building = await mkdtemp(join(this.folder, '.new-'));
    try {
      const manifest = await make(building);
      const dir = join(this.folder, shortDigest(manifest.digest));
      for (const name of await readdir(building)) await syncFile(join(building, name));
      await replaceFolder(building, dir);
      if (options.makeCurrent ?? true) await writeFileAtomic(join(this.folder, 'current'), `${manifest.digest}\n`);
      return { dir, manifest, current: (await this.#currentDigest()) === manifest.digest };
    } finally {
      await rm(building, { recursive: true, force: true });
    }
  }

  /**
   * Removes by digest or an unambiguous beginning of it. `usedBy` tells which machines start from an image.
   * Throws `IMAGE_NOT_FOUND`, `IMAGE_AMBIGUOUS`, `IMAGE_IN_USE`.
   */
  async remove(reference: string, usedBy: (digest: string) => Promise<readonly string[]>): Promise<string> {
    const wanted = reference.replace(/^sha256:/, '').toLowerCase();
    const images = await this.list();
    const matches = images.filter((image) => wanted !== '' && digestOf(image).startsWith(wanted.slice(0, digestOf(image).length)));
    const [found, another] = matches;
    if (found === undefined)
      throw new MachineError('IMAGE_NOT_FOUND', `there is no boot image ${reference}`, { hint: 'see: tsmachine image ls' });
    if (another)
      throw new MachineError('IMAGE_AMBIGUOUS', `expected one boot image that begins with ${reference}, found ${matches.length}`);
    const users = 'manifest' in found ? await usedBy(found.manifest.digest) : [];
    if (users.length > 0) throw new MachineError('IMAGE_IN_USE', `boot image ${reference} is used by ${users.join(', ')}`);
    const leaving = join(this.folder, `.old-${basename(found.dir)}`);
    await rm(leaving, { recursive: true, force: true });
    await rename(found.dir, leaving);
    await rm(leaving, { recursive: true, force: true });
    if ('manifest' in found && found.current) await rm(join(this.folder, 'current'), { force: true });
    return digestOf(found);
  }

  async #currentDigest(): Promise<string | undefined> {
    try {
      const digest = (await readFile(join(this.folder, 'current'), 'utf8')).trim();
      return /^sha256:[0-9a-f]{64}$/.test(digest) ? digest : undefined;
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return undefined;
      throw error;
    }
  }

  async #clearLeftovers(): Promise<void> {
    const leftovers = (await readFolder(this.folder)).filter((name) => name.startsWith('.new-') || name.startsWith('.old-'));
    for (const name of leftovers) await rm(join(this.folder, name), { recursive: true, force: true });
  }
}

const digestOf = (image: CachedImage | BrokenImage): string =>
  'manifest' in image ? image.manifest.digest.slice('sha256:'.length) : basename(image.dir);

async function readFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** A power cut after the rename must not leave an image of empty files. */
async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function replaceFolder(from: string, to: string): Promise<void> {
  const old = join(to, '..', `.old-${basename(to)}`);
  try {
    await rename(to, old);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
  await rename(from, to);
  await syncFolder(join(to, '..'));
  await rm(old, { recursive: true, force: true });
}
