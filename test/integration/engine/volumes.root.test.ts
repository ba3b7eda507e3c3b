/** Volumes on disk, and what an image brings to an empty one. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Volumes } from '../../../src/engine/volumes/store.ts';

let root: string;
let volumes: Volumes;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'volumes-'));
  volumes = await Volumes.open(root);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('volumes', () => {
  it('are made once, however many ask, and stay', async () => {
    const made = await Promise.all(Array.from({ length: 8 }, () => volumes.ensure('data', { a: 'b' })));
    expect(new Set(made.map(({ CreatedAt, Mountpoint }) => `${CreatedAt} ${Mountpoint}`)).size).toBe(1);
    const again = await Volumes.open(root);
    expect(await again.list()).toEqual([made[0]]);
    expect(await again.get('data')).toMatchObject({ Name: 'data', Driver: 'local', Labels: { a: 'b' }, Options: null, Scope: 'local' });
    await again.remove('data');
    await again.remove('data');
    expect(await again.list()).toEqual([]);
  });

  it('without a name get one of 64 digits and a label', async () => {
    const volume = await volumes.ensure();
    expect(volume.Name).toMatch(/^[0-9a-f]{64}$/);
    expect(volume.Labels).toEqual({ 'com.docker.volume.anonymous': '' });
  });

  it.each(['-x', 'a/b', '..', '../x', 'a b', ''])('are refused with the name %j', async (name) => {
    await expect(volumes.ensure(name)).rejects.toThrow('includes invalid characters for a local volume name');
    expect(await volumes.get(name)).toBeUndefined();
    await volumes.remove(name);
    expect(readdirSync(root)).toEqual(['volumes']);
  });

  it('are refused with one letter', async () => {
    await expect(volumes.ensure('a')).rejects.toThrow('volume name is too short, names should be at least two alphanumeric characters');
  });

  it('half made or half removed by an engine that died are cleared', async () => {
    mkdirSync(join(root, 'volumes/.new-1/_data'), { recursive: true });
    mkdirSync(join(root, 'volumes/.removing-1/_data'), { recursive: true });
    expect(await (await Volumes.open(root)).list()).toEqual([]);
    expect(readdirSync(join(root, 'volumes'))).toEqual([]);
  });

  it('live with a description that is torn', async () => {
    const volume = await volumes.ensure('data');
    writeFileSync(join(root, 'volumes/data/volume.json'), '{"Na');
    expect(await volumes.get('data')).toMatchObject({ Name: 'data', Mountpoint: volume.Mountpoint, Labels: null });
  });
});

describe('copying from the image', () => {
  let rootfs: string;
  beforeEach(() => {
    rootfs = join(root, 'rootfs');
    mkdirSync(join(rootfs, 'etc/sub'), { recursive: true });
    writeFileSync(join(rootfs, 'etc/sub/file'), 'image');
  });

  it('brings content, owner and mode, the first time only', async () => {
    mkdirSync(join(rootfs, 'data'), { mode: 0o750 });
    writeFileSync(join(rootfs, 'data/f'), 'one', { mode: 0o600 });
    const volume = await volumes.ensure('data');
    await volumes.populate(volume, rootfs, '/data');
    expect(statSync(volume.Mountpoint).mode & 0o777).toBe(0o750);
    expect(readFileSync(join(volume.Mountpoint, 'f'), 'utf8')).toBe('one');
    writeFileSync(join(rootfs, 'data/g'), 'two');
    await volumes.populate(volume, rootfs, '/data');
    expect(readdirSync(volume.Mountpoint)).toEqual(['f']);
  });

  it('never brings what is outside, wherever a symlink of the image leads', async () => {
    symlinkSync(join(root, 'volumes'), join(rootfs, 'absolute'));
    symlinkSync('../../../../../../etc', join(rootfs, 'up'));
    const outside = await volumes.ensure('outside');
    await volumes.populate(outside, rootfs, '/absolute');
    expect(readdirSync(outside.Mountpoint)).toEqual([]);
    const up = await volumes.ensure('up');
    await volumes.populate(up, rootfs, '/up');
    expect(readdirSync(up.Mountpoint)).toEqual(['sub']);
  });

  it('brings nothing for a file or for what is not there', async () => {
    const volume = await volumes.ensure('none');
    await volumes.populate(volume, rootfs, '/nowhere');
    await volumes.populate(volume, rootfs, '/etc/sub/file');
    expect(readdirSync(volume.Mountpoint)).toEqual([]);
  });
});
