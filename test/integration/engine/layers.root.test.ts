/** Layers on disk: what is unpacked, what hostile layers cannot do, what overlayfs shows, what a crash leaves. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Image } from '../../../src/engine/contracts.ts';
import { ContainerLayers } from '../../../src/engine/layers/container-layers.ts';
import { extractLayer } from '../../../src/engine/layers/extract.ts';
import { ImageLayers } from '../../../src/engine/layers/image-layers.ts';
import { bytesOf, digest, type Entry, tarOf } from './content.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'layers-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function extract(entries: Entry[]): Promise<string> {
  const target = join(root, `diff${readdirSync(root).length}`);
  mkdirSync(target);
  await extractLayer(bytesOf(await tarOf(entries)), target);
  return target;
}

describe('unpacking', () => {
  it('keeps owners, modes, times, links and names', async () => {
    const target = await extract([
      { name: 'd/', type: 'directory', mode: 0o1777, uid: 5, gid: 6 },
      { name: 'd/setuid', mode: 0o4755, uid: 1000, gid: 1000, content: 'x' },
      { name: 'd/größe', content: 'utf-8' },
      { name: 'd/hard', type: 'link', linkname: 'd/setuid' },
      { name: 'd/soft', type: 'symlink', linkname: '/no/such/thing' },
      { name: 'd/fifo', type: 'fifo' },
    ]);
    expect(statSync(join(target, 'd')).mode & 0o7777).toBe(0o1777);
    const setuid = statSync(join(target, 'd/setuid'));
    expect([setuid.mode & 0o7777, setuid.uid, setuid.nlink, setuid.mtimeMs]).toEqual([0o4755, 1000, 2, 1_700_000_000_000]);
    expect(readFileSync(join(target, 'd/größe'), 'utf8')).toBe('utf-8');
    expect(readlinkSync(join(target, 'd/soft'))).toBe('/no/such/thing');
    expect(lstatSync(join(target, 'd/fifo')).isFIFO()).toBe(true);
  });

  it('reads gzip, zstd and plain tar, and tells the digest of the plain bytes', async () => {
    const tar = await tarOf([
      { name: 'a', content: 'abc' },
      { name: 'l', type: 'symlink', linkname: 'a' },
    ]);
    for (const [index, bytes] of [tar, gzipSync(tar), zstdCompressSync(tar)].entries()) {
      const target = join(root, String(index));
      mkdirSync(target);
      // in odd pieces, the first shorter than what tells the compression
      const layer = await extractLayer(bytesOf(bytes.subarray(0, 3), bytes.subarray(3, 700), bytes.subarray(700)), target);
      expect(layer).toEqual({ diffId: digest(tar), size: 4 });
      expect(readFileSync(join(target, 'l'), 'utf8')).toBe('abc');
    }
  });

  it('turns whiteouts into those of overlayfs and keeps directory times', async () => {
    const target = await extract([
      { name: 'd/', type: 'directory' },
      { name: 'd/.wh.gone' },
      { name: 'o/', type: 'directory' },
      { name: 'o/.wh..wh..opq' },
      { name: 'both/', type: 'directory' },
      { name: '.wh.both' },
    ]);
    const gone = lstatSync(join(target, 'd/gone'));
    expect([gone.isCharacterDevice(), gone.rdev]).toEqual([true, 0]);
    expect(existsSync(join(target, 'd/.wh.gone'))).toBe(false);
    expect(statSync(join(target, 'd')).mtimeMs).toBe(1_700_000_000_000);
    for (const name of ['o', 'both']) {
      const attributes = execFileSync('getfattr', ['-m', '-', '-d', name], { cwd: target, encoding: 'utf8' });
      expect(attributes).toContain('trusted.overlay.opaque="y"');
    }
  });

  it('does not let a layer set attributes of overlayfs', async () => {
    const target = await extract([
      { name: 'd/', type: 'directory', pax: { 'SCHILY.xattr.trusted.overlay.redirect': '/etc', 'SCHILY.xattr.user.mine': 'yes' } },
    ]);
    const attributes = execFileSync('getfattr', ['-m', '-', '-d', 'd'], { cwd: target, encoding: 'utf8' });
    expect(attributes).toContain('user.mine="yes"');
    expect(attributes).not.toContain('redirect');
  });
});

describe('hostile layers', () => {
  /** Unpacks, whether it fails or not, and tells whether anything outside changed. */
  async function attack(entries: Entry[]): Promise<{ failed: boolean; target: string }> {
    const victim = join(root, 'victim');
    mkdirSync(victim);
    writeFileSync(join(victim, 'file'), 'untouched');
    const target = join(root, 'target');
    mkdirSync(target);
    const failed = await extractLayer(bytesOf(await tarOf(entries)), target).then(
      () => false,
      () => true,
    );
    expect(readdirSync(victim)).toEqual(['file']);
    expect(readFileSync(join(victim, 'file'), 'utf8')).toBe('untouched');
    expect(statSync(join(victim, 'file')).nlink).toBe(1);
    expect(readdirSync(root).sort()).toEqual(['target', 'victim']);
    return { failed, target };
  }

  it('cannot name a file outside', async () => {
    expect((await attack([{ name: '../victim/file', content: 'evil' }])).failed).toBe(true);
  });

  it('cannot use absolute names', async () => {
    const { target } = await attack([{ name: join(tmpdir(), 'evil-absolute'), content: 'evil' }]);
    expect(existsSync(join(tmpdir(), 'evil-absolute'))).toBe(false);
    expect(readdirSync(target)).toEqual([tmpdir().split('/')[1]]);
  });

  it('cannot write through a symlink', async () => {
    await attack([
      { name: 'out', type: 'symlink', linkname: '../victim' },
      { name: 'out/file', content: 'evil' },
    ]);
  });

  it('cannot write through an absolute symlink', async () => {
    await attack([
      { name: 'out', type: 'symlink', linkname: join(root, 'victim') },
      { name: 'out/new', content: 'evil' },
    ]);
  });

  it('cannot write through a chain of symlinks', async () => {
    await attack([
      { name: 'a', type: 'symlink', linkname: '.' },
      { name: 'a/b', type: 'symlink', linkname: '..' },
      { name: 'a/b/victim/file', content: 'evil' },
    ]);
  });

  it('cannot hard-link a file outside and write to it', async () => {
    await attack([
      { name: 'in', type: 'link', linkname: '../victim/file' },
      { name: 'in', content: 'evil' },
    ]);
  });

  it('cannot delete outside with a whiteout behind a symlink', async () => {
    await attack([{ name: 'out', type: 'symlink', linkname: '../victim' }, { name: 'out/.wh.file' }]);
  });

  it('may not be cut short', async () => {
    const tar = await tarOf([{ name: 'a', content: Buffer.alloc(5000) }]);
    await expect(extractLayer(bytesOf(tar.subarray(0, 2000)), join(root))).rejects.toThrow('unexpected EOF');
    await expect(extractLayer(bytesOf(gzipSync(tar).subarray(0, 40)), join(root))).rejects.toThrow();
  });
});

describe('the store of layers', () => {
  const LOWER: Entry[] = [
    { name: 'etc/', type: 'directory' },
    { name: 'etc/keep', content: 'lower' },
    { name: 'etc/gone', content: 'x' },
    { name: 'old/', type: 'directory' },
    { name: 'old/a', content: 'a' },
  ];
  const UPPER: Entry[] = [
    { name: 'etc/', type: 'directory' },
    { name: 'etc/.wh.gone' },
    { name: 'etc/new', content: 'n' },
    { name: 'old/', type: 'directory' },
    { name: 'old/.wh..wh..opq' },
    { name: 'old/b', content: 'b' },
  ];

  async function filled(): Promise<{ layers: ImageLayers; image: Image; tars: Buffer[] }> {
    const layers = await ImageLayers.open(root);
    const tars = [await tarOf(LOWER), await tarOf(UPPER)];
    let parent: string | undefined;
    for (const tar of tars) parent = (await layers.register(await layers.stage(bytesOf(tar)), parent)).chainId;
    const rootfs = { type: 'layers' as const, diff_ids: tars.map(digest) };
    return {
      layers,
      tars,
      image: { id: digest('i'), config: { architecture: 'amd64', os: 'linux', rootfs }, repoTags: [], repoDigests: [] },
    };
  }

  it('shows a container the layers as one, and keeps what it writes apart', async () => {
    const { layers, image } = await filled();
    const containers = new ContainerLayers(layers);
    const [one, two] = ['1'.repeat(64), '2'.repeat(64)];
    for (const id of [one, two]) await containers.create(id, image);
    const merged = await containers.mount(one);
    try {
      expect(
        readdirSync(join(merged, 'etc'))
          .filter((name) => !['hosts', 'hostname', 'resolv.conf', 'mtab'].includes(name))
          .sort(),
      ).toEqual(['keep', 'new']);
      expect(readdirSync(join(merged, 'old'))).toEqual(['b']);
      expect(readlinkSync(join(merged, 'etc/mtab'))).toBe('/proc/mounts');
      expect(existsSync(join(merged, '.dockerenv'))).toBe(true);
      writeFileSync(join(merged, 'etc/keep'), 'mine');
      expect(await containers.mount(one)).toBe(merged);
      const other = await containers.mount(two);
      expect(readFileSync(join(other, 'etc/keep'), 'utf8')).toBe('lower');
      expect(await containers.usage(one)).toEqual({ rw: 4, rootFs: 4 + 5 + 1 + 1 + 1 + 1 });
      await containers.unmount(one);
      await containers.unmount(one);
      expect(readFileSync(join(await containers.mount(one), 'etc/keep'), 'utf8')).toBe('mine');
    } finally {
      for (const id of [one, two]) await containers.remove(id);
      await containers.remove(one);
    }
    // nobody stands on the layers any more
    expect(readdirSync(join(root, 'overlay2/l'))).toEqual([]);
  });

  it('mounts a hundred layers', async () => {
    const layers = await ImageLayers.open(root);
    const diffIds: string[] = [];
    let parent: string | undefined;
    for (let index = 0; index < 100; index += 1) {
      const tar = await tarOf([{ name: `f${index}`, content: String(index) }]);
      diffIds.push(digest(tar));
      parent = (await layers.register(await layers.stage(bytesOf(tar)), parent)).chainId;
    }
    const containers = new ContainerLayers(layers);
    const rootfs = { type: 'layers' as const, diff_ids: diffIds };
    await containers.create('c', {
      id: digest('i'),
      config: { architecture: 'amd64', os: 'linux', rootfs },
      repoTags: [],
      repoDigests: [],
    });
    const merged = await containers.mount('c');
    expect(readdirSync(merged).filter((name) => name.startsWith('f'))).toHaveLength(100);
    await containers.remove('c');
  });

  it('finds everything again, and clears what a crash left', async () => {
    const { layers, image } = await filled();
    const containers = new ContainerLayers(layers);
    await containers.create('kept', image);
    await containers.create('lost', image);
    await containers.mount('lost');
    await layers.stage(bytesOf(await tarOf([{ name: 'half', content: 'h' }])));
    mkdirSync(join(root, 'overlay2', 'f'.repeat(64), 'diff'), { recursive: true });
    writeFileSync(join(root, 'image/overlay2/layerdb', `${'e'.repeat(64)}.json`), '{"torn');
    const again = await ImageLayers.open(root);
    expect(
      again
        .list()
        .map(({ chainId }) => chainId)
        .sort(),
    ).toEqual(
      layers
        .list()
        .map(({ chainId }) => chainId)
        .sort(),
    );
    const reopened = new ContainerLayers(again);
    await reopened.clear(['kept']);
    // two image layers, what the engine puts above them, one container, the folder of links
    expect(readdirSync(join(root, 'overlay2'))).toHaveLength(5);
    expect(readFileSync(join(await reopened.mount('kept'), 'etc/keep'), 'utf8')).toBe('lower');
    await reopened.remove('kept');
  });

  it('keeps layers that somebody needs', async () => {
    const { layers, image } = await filled();
    const chain = layers.chain(image.config.rootfs.diff_ids).map(({ chainId }) => chainId);
    const containers = new ContainerLayers(layers);
    await containers.create('c', image);
    expect(await layers.removeUnused(chain)).toEqual([]);
    await containers.remove('c');
    expect(layers.list()).toEqual([]);
    await containers.clear([]);
    expect(readdirSync(join(root, 'overlay2'))).toEqual(['l']);
  });
});
