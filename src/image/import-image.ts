import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough, Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { extract } from 'tar-stream';
import { MachineError, messageOf, systemCode } from '../core/errors.ts';
import { type ImageFileName, type ImageManifest, imageFileNames, MANIFEST_NAME, parseManifest, serializeManifest } from './manifest.ts';
import { verifyImage } from './verify-image.ts';

/** Where an image comes from: a folder or tar archive (plain, gzip or zstd) here, or a URL; `#sha256:…` names its digest. */
export interface ImageReference {
  readonly location: string;
  readonly kind: 'path' | 'url';
  readonly digest: string | undefined;
}

/** Throws `IMAGE_BAD_REFERENCE`: a URL needs its digest, nothing else vouches for what it gives. */
export function parseImageReference(reference: string): ImageReference {
  const match = /^(.*?)(?:#(sha256:[0-9a-f]{64}))?$/s.exec(reference);
  const [location, digest] = [match?.[1] ?? '', match?.[2]];
  const kind = /^https?:\/\//i.test(location) ? 'url' : 'path';
  if (location === '' || (kind === 'url' && digest === undefined))
    throw new MachineError(
      'IMAGE_BAD_REFERENCE',
      `expected a folder, an archive or URL#sha256:DIGEST, found ${JSON.stringify(reference)}`,
      {
        hint: 'the digest is in the image’s manifest.json and in: tsmachine image ls',
      },
    );
  return { location, kind, digest };
}

/**
 * Brings an image built by us into an empty folder and checks every byte. Nothing but the image's own files is taken out of an
 * archive, and no more bytes than its manifest says. Throws `IMAGE_NOT_FOUND`, `IMAGE_BAD_MANIFEST`, `IMAGE_BAD_ARCHIVE`, `IMAGE_CHANGED`.
 */
export async function importImage(
  reference: ImageReference,
  outDir: string,
  access: { fetch: typeof fetch; signal?: AbortSignal | undefined },
): Promise<ImageManifest> {
  const { location, digest } = reference;
  if (reference.kind === 'url') {
    const response = await access.fetch(location, access.signal ? { signal: access.signal } : {});
    if (!response.ok || response.body === null)
      throw new MachineError('IMAGE_DOWNLOAD_FAILED', `expected a boot image at ${location}, found HTTP ${response.status}`);
    await unpack(Readable.fromWeb(response.body), location, outDir, digest);
  } else if (await isFolder(location)) {
    for (const name of [MANIFEST_NAME, ...imageFileNames]) await copyPart(join(location, name), join(outDir, name));
  } else await unpack(createReadStream(location), location, outDir, digest);
  return verifyImage(outDir, digest, access.signal);
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') throw new MachineError('IMAGE_NOT_FOUND', `expected a boot image at ${path}, found nothing`);
    throw error;
  }
}

async function copyPart(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
    throw new MachineError('IMAGE_NOT_FOUND', `expected a boot image, found no ${from}`);
  }
}

const MANIFEST_LIMIT = 1 << 20;

async function unpack(source: Readable, name: string, outDir: string, digest: string | undefined): Promise<void> {
  const archive = extract();
  const piped = pipeline(source, await decompressor(source), archive).catch((error: unknown) => {
    archive.destroy(error instanceof Error ? error : undefined);
  });
  let manifest: ImageManifest | undefined;
  try {
    for await (const entry of archive) {
      const path = entry.header.name.replace(/^\.\//, '');
      if (manifest === undefined) {
        if (path !== MANIFEST_NAME)
          throw new MachineError('IMAGE_BAD_ARCHIVE', `expected ${MANIFEST_NAME} first in ${name}, found ${path}`);
        manifest = parseManifest(await readLimited(entry, MANIFEST_LIMIT), `${name}: ${path}`);
        if (digest !== undefined && manifest.digest !== digest)
          throw new MachineError('IMAGE_CHANGED', `expected boot image ${digest} at ${name}, found ${manifest.digest}`);
        await writeFile(join(outDir, MANIFEST_NAME), serializeManifest(manifest));
      } else {
        const file = imageFileNames.find((known) => known === path);
        if (file === undefined) throw new MachineError('IMAGE_BAD_ARCHIVE', `expected only a boot image's files in ${name}, found ${path}`);
        await pipeline(entry, atMost(manifest.files[file].size, file), createWriteStream(join(outDir, file), { mode: 0o644, flags: 'wx' }));
      }
    }
  } catch (error) {
    if (error instanceof MachineError) throw error;
    throw new MachineError('IMAGE_BAD_ARCHIVE', `${name} cannot be read as a boot image: ${messageOf(error)}`, { cause: error });
  } finally {
    source.destroy();
    await piped;
  }
  if (manifest === undefined) throw new MachineError('IMAGE_BAD_ARCHIVE', `expected a boot image in ${name}, found an empty archive`);
}

/** By the first bytes: gzip, zstd, else a plain tar. */
async function decompressor(source: Readable): Promise<Transform> {
  const first = (await new Promise<unknown>((resolve, reject) => {
    source.once('error', reject);
    source.once('end', () => resolve(undefined));
    source.once('readable', () => resolve(source.read()));
  })) as Buffer | null | undefined;
  if (!first) return new PassThrough();
  source.unshift(first);
  if (first[0] === 0x1f && first[1] === 0x8b) return createGunzip();
  return first.length >= 4 && first.readUInt32LE(0) === 0xfd2fb528 ? createZstdDecompress() : new PassThrough();
}

async function readLimited(entry: AsyncIterable<unknown>, limit: number): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of entry as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > limit) throw new MachineError('IMAGE_BAD_ARCHIVE', `expected at most ${limit} bytes of ${MANIFEST_NAME}, found more`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function atMost(limit: number, name: ImageFileName): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > limit) done(new MachineError('IMAGE_CHANGED', `expected at most ${limit} bytes of ${name}, found more`));
      else done(null, chunk);
    },
  });
}
