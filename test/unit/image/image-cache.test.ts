import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ImageCache } from '../../../src/image/image-cache.ts';
import { imageFileNames } from '../../../src/image/manifest.ts';
import { verifyImage } from '../../../src/image/verify-image.ts';
import { writeSampleImage } from './sample-image.ts';

let folder: string;
let cache: ImageCache;
const unused = async () => [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tsm-cache-'));
  cache = new ImageCache(join(folder, 'images'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const add = (content: string) => cache.add((dir) => writeSampleImage(dir, content));

describe('an image cache', () => {
  it('is empty before the first image', async () => {
    expect(await cache.list()).toEqual([]);
    expect(await cache.current()).toBeUndefined();
  });

  it('makes the newest image the current one, unless told not to', async () => {
    const first = await add('first');
    const second = await add('second');
    expect((await cache.current())?.dir).toBe(second.dir);
    const third = await cache.add((dir) => writeSampleImage(dir, 'third'), { makeCurrent: false });
    expect(third.current).toBe(false);
    expect((await cache.current())?.manifest.digest).toBe(second.manifest.digest);
    expect((await cache.list()).map(({ dir }) => dir).sort()).toEqual([first.dir, second.dir, third.dir].sort());
  });

  it('keeps nothing of a build that failed or was killed', async () => {
    await mkdir(join(cache.folder, '.new-killed'), { recursive: true });
    await expect(
      cache.add(async (dir) => {
        await writeFile(join(dir, 'vmlinux'), 'half');
        throw new Error('disk full');
      }),
    ).rejects.toThrow('disk full');
    expect(await readdir(cache.folder)).toEqual([]);
  });

  it('mends a changed image when the same one is built again', async () => {
    const { dir, manifest } = await add('same');
    await appendFile(join(dir, 'vmlinux'), 'x');
    await expect(cache.verified(manifest.digest)).rejects.toMatchObject({ code: 'IMAGE_CHANGED' });
    await add('same');
    expect((await cache.verified(manifest.digest)).dir).toBe(dir);
  });

  it('lists an entry that cannot be read beside the others, and removes it', async () => {
    const good = await add('good');
    const broken = await add('broken');
    await writeFile(join(broken.dir, 'manifest.json'), '{');
    const listed = await cache.list();
    expect(listed).toHaveLength(2);
    expect(listed.find(({ dir }) => dir === broken.dir)).toMatchObject({ reason: expect.stringContaining('manifest.json') });
    await cache.remove(broken.dir.slice(-12), unused);
    expect((await cache.list()).map(({ dir }) => dir)).toEqual([good.dir]);
  });

  it('removes by the beginning of a digest, with or without its algorithm', async () => {
    const { manifest } = await add('one');
    expect(await cache.remove(manifest.digest.slice(0, 'sha256:'.length + 6), unused)).toBe(manifest.digest.slice('sha256:'.length));
    expect(await cache.list()).toEqual([]);
    expect(await cache.current()).toBeUndefined();
  });

  it('refuses to remove what a machine starts from, what is not there, and what is not one', async () => {
    const { manifest } = await add('one');
    await add('two');
    const used = async (digest: string) => (digest === manifest.digest ? ['m1', 'm2'] : []);
    await expect(cache.remove(manifest.digest, used)).rejects.toMatchObject({
      code: 'IMAGE_IN_USE',
      message: expect.stringContaining('m1, m2'),
    });
    await expect(cache.remove('sha256:', unused)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    await expect(cache.remove('zzz', unused)).rejects.toMatchObject({ code: 'IMAGE_NOT_FOUND' });
    expect(await cache.list()).toHaveLength(2);
  });

  it('takes garbage in `current` for no image', async () => {
    await add('one');
    await writeFile(join(cache.folder, 'current'), '../../etc\n');
    expect(await cache.current()).toBeUndefined();
  });
});

describe('verifyImage', () => {
  it.each([...imageFileNames])('refuses a changed byte in %s, by its name', async (name) => {
    const { dir, manifest } = await add('bytes');
    const path = join(dir, name);
    const bytes = await readFile(path);
    bytes[bytes.length - 2] = (bytes[bytes.length - 2] ?? 0) ^ 1;
    await writeFile(path, bytes);
    await expect(verifyImage(dir, manifest.digest)).rejects.toMatchObject({
      code: 'IMAGE_CHANGED',
      message: expect.stringContaining(path),
    });
  });

  it('refuses a file that is missing, and another image than the store says', async () => {
    const { dir, manifest } = await add('bytes');
    await expect(verifyImage(dir, `sha256:${'0'.repeat(64)}`)).rejects.toMatchObject({ code: 'IMAGE_CHANGED' });
    await rm(join(dir, 'root.squashfs'));
    await expect(verifyImage(dir, manifest.digest)).rejects.toThrow('root.squashfs');
  });

  it('refuses a manifest whose text was changed', async () => {
    const { dir } = await add('bytes');
    const path = join(dir, 'manifest.json');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"quiet"', '"init=/bin/sh"'));
    await expect(verifyImage(dir)).rejects.toMatchObject({ code: 'IMAGE_CHANGED', message: expect.stringContaining('manifest.json') });
  });
});
