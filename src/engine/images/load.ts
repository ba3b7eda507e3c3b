import { spawn } from 'node:child_process';
import { constants, createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { systemCode } from '../../core/errors.ts';
import { badRequest, internal } from '../errors.ts';
import { chainIds } from '../layers/chain-id.ts';
import { decompress } from '../layers/decompress.ts';
import { TarScanner } from '../layers/tar-scanner.ts';
import { type Platform, readManifest } from '../registry/manifest.ts';
import { openInRoot, readFileInRoot } from '../syscalls/open-in-root.ts';
import { parseImageConfig } from './config.ts';
import { LayerProgress, type ProgressSink } from './progress.ts';
import { familiarString, parseReference, type Reference, withDefaultTag } from './reference.ts';
import type { Images } from './store.ts';

/** One image of an archive: paths inside it. */
interface ArchivedImage {
  config: string;
  layers: string[];
  names: Reference[];
}

export interface LoadOptions {
  /** Where to unpack, on the file system of the store. */
  folder: string;
  platform: Platform;
  sink: ProgressSink;
  /** Tells what was loaded only. */
  quiet: boolean;
}

const JSON_LIMIT = 8 << 20;

/**
 * `docker load`: an archive of `docker save` (docker-archive) or an OCI layout, plain, gzip or zstd. It is unpacked aside
 * and its members are opened inside that folder only, whatever symlinks it has. Throws EngineError 400 or 500.
 */
export async function loadImages(images: Images, body: AsyncIterable<Buffer>, options: LoadOptions): Promise<void> {
  const unpacked = await mkdtemp(join(options.folder, 'load-'));
  try {
    await unpack(body, unpacked);
    for (const archived of listImages(unpacked, options.platform)) await addImage(images, unpacked, archived, options);
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

async function unpack(body: AsyncIterable<Buffer>, target: string): Promise<void> {
  const tar = spawn('tar', ['--extract', '--no-same-owner', '--no-same-permissions', '--directory', target, '--file', '-'], {
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  let words = '';
  tar.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(0, 4096);
  });
  const ended = new Promise<void>((resolve, reject) => {
    tar.once('error', (error) => reject(internal(`cannot start tar (Debian package tar): ${error.message}`, error)));
    tar.once('close', (code) =>
      code === 0 ? resolve() : reject(badRequest(`Error processing tar file(exit status ${code}): ${words.trim().split('\n')[0]}`)),
    );
  });
  ended.catch(() => undefined);
  try {
    await pipeline(scanned(await decompress(body)), tar.stdin);
  } catch (error) {
    if (systemCode(error) === 'EPIPE' || systemCode(error) === 'ERR_STREAM_PREMATURE_CLOSE') await ended;
    tar.kill('SIGKILL');
    await ended.catch(() => undefined);
    throw error;
  }
  await ended;
}

/** The bytes, checked to be a tar. */
async function* scanned(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const scanner = new TarScanner(() => undefined);
  for await (const chunk of bytes) {
    scanner.push(chunk);
    yield chunk;
  }
  scanner.end();
}

function readJson(folder: string, path: string): unknown {
  const text = readFileInRoot(folder, path, JSON_LIMIT);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badRequest(`invalid ${path}: ${(error as Error).message}`);
  }
}

function listImages(folder: string, platform: Platform): ArchivedImage[] {
  const manifest = readJson(folder, 'manifest.json');
  if (Array.isArray(manifest)) {
    return (manifest as { Config?: string; RepoTags?: string[] | null; Layers?: string[] | null }[]).map((entry) => ({
      config: entry.Config ?? '',
      layers: entry.Layers ?? [],
      names: (entry.RepoTags ?? []).map((name) => withDefaultTag(parseReference(name))),
    }));
  }
  const index = readJson(folder, 'index.json') as
    | { manifests?: (Record<string, unknown> & { annotations?: Record<string, string> })[] }
    | undefined;
  if (!index?.manifests) throw badRequest('invalid archive: does not contain a manifest.json');
  return index.manifests.map((entry) => ({ ...readOciImage(folder, String(entry.digest), platform), names: ociNames(entry.annotations) }));
}

const blobPath = (digest: string): string => `blobs/${digest.replace(':', '/')}`;

function readOciImage(folder: string, digest: string, platform: Platform, depth = 0): { config: string; layers: string[] } {
  const text = readFileInRoot(folder, blobPath(digest), JSON_LIMIT);
  if (text === undefined || depth > 3) throw badRequest(`invalid archive: no manifest ${digest}`);
  const found = readManifest(text, '', platform);
  if ('from' in found) return readOciImage(folder, found.from.digest, platform, depth + 1);
  return { config: blobPath(found.config.digest), layers: found.layers.map((layer) => blobPath(layer.digest)) };
}

function ociNames(annotations: Record<string, string> | undefined): Reference[] {
  const full = annotations?.['io.containerd.image.name'] ?? annotations?.['org.opencontainers.image.ref.name'];
  if (full === undefined) return [];
  try {
    return [withDefaultTag(parseReference(full))];
  } catch {
    // a bare tag or anything else that is no name: the image is loaded without one
    return [];
  }
}

async function addImage(images: Images, folder: string, archived: ArchivedImage, { sink, quiet }: LoadOptions): Promise<void> {
  const text = readFileInRoot(folder, archived.config, JSON_LIMIT);
  if (text === undefined) throw badRequest(`invalid archive: no image configuration ${archived.config}`);
  const blob = Buffer.from(text);
  const diffIds = parseImageConfig(blob).rootfs.diff_ids;
  if (diffIds.length !== archived.layers.length)
    throw badRequest(`invalid manifest, layers length mismatch: expected ${diffIds.length}, got ${archived.layers.length}`);
  const chain = chainIds(diffIds);
  images.hold(chain);
  try {
    for (const [index, layer] of archived.layers.entries()) {
      if (!images.layers.get(chain[index] ?? ''))
        await addLayer(images, folder, layer, diffIds[index] ?? '', chain[index - 1], quiet ? undefined : sink);
    }
    const image = await images.add(blob);
    for (const name of archived.names) await images.tag(name, image);
    const loaded = archived.names.map((name) => `Loaded image: ${familiarString(name)}`);
    for (const line of loaded.length > 0 ? loaded : [`Loaded image ID: ${image.id}`]) sink.write({ stream: `${line}\n` });
  } finally {
    await images.release(chain);
  }
}

async function addLayer(
  images: Images,
  folder: string,
  path: string,
  diffId: string,
  parent: string | undefined,
  sink: ProgressSink | undefined,
): Promise<void> {
  let fd: number;
  try {
    fd = openInRoot(folder, path, constants.O_RDONLY);
  } catch {
    throw badRequest(`invalid archive: no layer ${path}`);
  }
  const source = createReadStream('', { fd, highWaterMark: 1 << 18 });
  try {
    const staged = await images.layers.stage(source as AsyncIterable<Buffer>);
    if (staged.diffId !== diffId) {
      await images.layers.discard(staged);
      throw badRequest(`invalid diffID for layer ${path}: expected "${diffId}", got "${staged.diffId}"`);
    }
    await images.layers.register(staged, parent);
    if (sink) new LayerProgress(sink, diffId.slice(7, 19)).bytes('Loading layer', staged.size, staged.size);
  } finally {
    // Closes the descriptor.
    source.destroy();
  }
}
