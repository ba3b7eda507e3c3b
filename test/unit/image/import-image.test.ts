import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importImage, parseImageReference } from '../../../src/image/import-image.ts';
import { type ImageManifest, imageFileNames } from '../../../src/image/manifest.ts';
import { writeSampleImage } from './sample-image.ts';

let folder: string;
let image: string;
let out: string;
let manifest: ImageManifest;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tsm-import-'));
  [image, out] = [join(folder, 'image'), join(folder, 'out')];
  await mkdir(out);
  manifest = await writeSampleImage(image);
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function archive(
  names: readonly string[] = ['manifest.json', ...imageFileNames],
  change?: (name: string, data: Buffer) => Buffer,
): Promise<Buffer> {
  const tar = pack();
  for (const name of names) {
    const data = await readFile(join(image, name)).catch(() => Buffer.from('stray'));
    tar.entry({ name, mtime: new Date(0) }, change ? change(name, data) : data);
  }
  tar.finalize();
  return buffer(tar);
}

const refuse: typeof fetch = async () => {
  throw new Error('no network in this test');
};
const take = async (location: string, digest?: string) =>
  importImage(parseImageReference(digest === undefined ? location : `${location}#${digest}`), out, { fetch: refuse });

async function takeArchive(bytes: Buffer, digest?: string) {
  await writeFile(join(folder, 'image.tar'), bytes);
  return take(join(folder, 'image.tar'), digest);
}

describe('parseImageReference', () => {
  const digest = `sha256:${'a'.repeat(64)}`;
  it('tells paths from URLs, and takes the digest off the end', () => {
    expect(parseImageReference('/a/b#c')).toEqual({ location: '/a/b#c', kind: 'path', digest: undefined });
    expect(parseImageReference(`image.tar#${digest}`)).toEqual({ location: 'image.tar', kind: 'path', digest });
    expect(parseImageReference(`HTTPS://host/image.tar.zst#${digest}`)).toEqual({
      location: 'HTTPS://host/image.tar.zst',
      kind: 'url',
      digest,
    });
  });

  it.each(['', `#${digest}`, 'https://host/image.tar', 'http://host/image.tar#sha256:abc'])('refuses %j', (reference) => {
    expect(() => parseImageReference(reference)).toThrow('#sha256:DIGEST');
  });
});

describe('importImage', () => {
  it('takes a folder', async () => {
    expect(await take(image, manifest.digest)).toEqual(manifest);
    expect((await readdir(out)).sort()).toEqual([...imageFileNames, 'manifest.json'].sort());
  });

  it.each([
    ['plain', (bytes: Buffer) => bytes],
    ['gzip', (bytes: Buffer) => gzipSync(bytes)],
    ['zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
  ])('takes a %s archive', async (_, compress) => {
    expect(await takeArchive(compress(await archive()), manifest.digest)).toEqual(manifest);
    expect(await readFile(join(out, 'vmlinux'))).toEqual(await readFile(join(image, 'vmlinux')));
  });

  it('takes a URL', async () => {
    const bytes = await archive();
    const serve: typeof fetch = async (url) => new Response(String(url) === 'https://host/image.tar' ? new Uint8Array(bytes) : null);
    const reference = parseImageReference(`https://host/image.tar#${manifest.digest}`);
    expect(await importImage(reference, out, { fetch: serve })).toEqual(manifest);
  });

  it('refuses another image than the digest says before it unpacks any of it', async () => {
    await expect(takeArchive(await archive(), `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'IMAGE_CHANGED' });
    expect(await readdir(out)).toEqual([]);
  });

  it('refuses a changed file, and more bytes than the manifest says', async () => {
    const changed = await archive(undefined, (name, data) =>
      name === 'vmlinux' ? Buffer.from(data.toString().replace('of', 'on')) : data,
    );
    await expect(takeArchive(changed)).rejects.toMatchObject({ code: 'IMAGE_CHANGED', message: expect.stringContaining('vmlinux') });
    await rm(out, { recursive: true });
    await mkdir(out);
    const longer = await archive(undefined, (name, data) => (name === 'vmlinux' ? Buffer.concat([data, Buffer.alloc(1 << 20)]) : data));
    await expect(takeArchive(longer)).rejects.toMatchObject({ code: 'IMAGE_CHANGED', message: expect.stringContaining('vmlinux') });
  });

  it.each(['../escape', '/etc/passwd', 'vmlinux/../../escape', 'extra'])('refuses an archive with %s in it', async (stray) => {
    await expect(takeArchive(await archive(['manifest.json', stray]))).rejects.toMatchObject({ code: 'IMAGE_BAD_ARCHIVE' });
    expect((await readdir(folder)).sort()).toEqual(['image', 'image.tar', 'out']);
  });

  it.each([
    ['is cut off', async () => (await archive()).subarray(0, 5000)],
    ['is empty', async () => Buffer.alloc(0)],
    ['is something else', async () => Buffer.from('hello '.repeat(1000))],
    ['is cut off inside its compression', async () => gzipSync(await archive()).subarray(0, 200)],
    ['has the manifest last', async () => archive([...imageFileNames, 'manifest.json'])],
  ])('refuses an archive that %s', async (_, make) => {
    await expect(takeArchive(await make())).rejects.toMatchObject({ code: expect.stringMatching(/^IMAGE_/) });
  });

  it('says so when there is nothing', async () => {
    await expect(take(join(folder, 'gone'))).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    await expect(take(out)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
  });
});
