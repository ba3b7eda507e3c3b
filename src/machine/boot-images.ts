/** The store's boot images, as drivers and the `image` command want them. */
import { join } from 'node:path';
import { messageOf } from '../core/errors.ts';
import type { BootImage } from '../driver/context.ts';
import type { BuildOptions, CachedImage, ImageCache } from '../image/index.ts';
import type { Images } from './api.ts';
import { loadEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';
import { machineNames } from './listing.ts';

const LOCK = 'images';

/**
 * A verified image: the store's current one (built when there is none, or when it holds another version's engine), the one with
 * a digest, or one from a folder, an archive or a URL, which is taken into the store. Throws what `src/image` throws.
 */
export async function bootImageOf(host: MachinesHost, reference: string | undefined, signal: AbortSignal): Promise<BootImage> {
  const cache = await openCache(host);
  if (reference !== undefined && /^sha256:[0-9a-f]{64}$/.test(reference)) return described(await cache.verified(reference, signal));
  if (reference !== undefined) return described(await host.lockStore(LOCK, () => importInto(cache, reference, signal), signal));
  const current =
    (await upToDate(cache)) ?? (await host.lockStore(LOCK, async () => (await upToDate(cache)) ?? renew(host, cache, signal), signal));
  return described(await cache.verified(current.manifest.digest, signal));
}

export function imagesOf(host: MachinesHost): Images {
  const { signal } = host.options;
  return {
    list: async () => (await openCache(host)).list(),
    build: ({ ifNeeded, ...options }) =>
      host.lockStore(LOCK, async () => {
        const cache = await openCache(host);
        return (ifNeeded && (await upToDate(cache))) || build(host, cache, options, signal);
      }),
    remove: (reference) =>
      host.lockStore(LOCK, async () => (await openCache(host)).remove(reference, (digest) => imageUsers(host, digest))),
  };
}

async function openCache(host: MachinesHost): Promise<ImageCache> {
  const { ImageCache } = await import('../image/image-cache.ts'); // not the room's index: what builds images is half a megabyte
  return new ImageCache(host.paths.imagesDir);
}

/** The current image, if it has this package's engine and guest inside. */
async function upToDate(cache: ImageCache): Promise<CachedImage | undefined> {
  const [{ isUpToDate }, { packageFiles }] = await Promise.all([import('../image/inputs.ts'), import('../core/package-files.ts')]);
  const current = await cache.current();
  return current && (await isUpToDate(current.manifest, packageFiles())) ? current : undefined;
}

/** Builds; where that cannot be done an image of another version still serves. */
async function renew(host: MachinesHost, cache: ImageCache, signal: AbortSignal): Promise<CachedImage> {
  const older = await cache.current();
  try {
    return await build(host, cache, {}, signal);
  } catch (error) {
    if (older === undefined || signal.aborted) throw error;
    host.options.log.warn(`Using the boot image of another version, a new one cannot be built: ${messageOf(error)}`);
    return older;
  }
}

async function build(
  host: MachinesHost,
  cache: ImageCache,
  wanted: Pick<BuildOptions, 'mirror'>,
  signal: AbortSignal,
): Promise<CachedImage> {
  const [{ buildImage }, { packageFiles, guestNode }] = await Promise.all([
    import('../image/index.ts'),
    import('../core/package-files.ts'),
  ]);
  const { log, runner, clock } = host.options;
  const files = packageFiles();
  log.info('Building the boot image...');
  const options = {
    ...wanted,
    cacheDir: host.paths.cacheDir,
    templatesDir: files.templatesDir,
    nodeBinary: guestNode(files),
    engineDir: files.engineDir,
    version: files.version,
    runner,
    fetch,
    now: new Date(clock.now()),
    onStep: (step: string) => log.info(`  ${step}`),
    signal,
  };
  return cache.add((outDir) => buildImage({ ...options, outDir }));
}

async function importInto(cache: ImageCache, reference: string, signal: AbortSignal): Promise<CachedImage> {
  const { importImage, parseImageReference } = await import('../image/index.ts');
  const parsed = parseImageReference(reference);
  return cache.add((dir) => importImage(parsed, dir, { fetch, signal }), { makeCurrent: false });
}

function described({ dir, manifest }: CachedImage): BootImage {
  const file = (name: keyof CachedImage['manifest']['files']) => join(dir, name);
  const files = {
    kernel: file('vmlinux'),
    initramfs: file('initramfs.cpio'),
    root: file('root.squashfs'),
    dataTemplate: file('data.qcow2'),
  };
  return { dir, digest: manifest.digest, cmdline: manifest.cmdline, files };
}

/** A driver that boots from an image has its digest in its state, whatever it calls it. */
export async function imageUsers(host: MachinesHost, digest: string): Promise<string[]> {
  const names = await machineNames(host.paths);
  const entries = await Promise.all(names.map((name) => loadEntry(host.paths.machine(name), name).catch(() => undefined)));
  return entries.filter((entry) => entry?.config.driver.includes(digest)).map((entry) => entry?.config.name ?? '');
}
