/** provision and upgrade of a machine of our image. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImageManifest, manifestDigest, serializeManifest } from '../../src/image/manifest.ts';
import { TestStore } from './store.ts';

let store: TestStore;
let newest: string;

/** The newest image under another name, as one that an earlier version built. */
function olderImage(): string {
  const folder = join(store.path, 'older');
  cpSync(join(store.path, 'images', newest.slice('sha256:'.length, 'sha256:'.length + 12)), folder, { recursive: true });
  const path = join(folder, 'manifest.json');
  const manifest = { ...(JSON.parse(readFileSync(path, 'utf8')) as ImageManifest), version: '0.0.1' };
  rmSync(path); // a hard link to what other tests use
  writeFileSync(path, serializeManifest({ ...manifest, digest: manifestDigest(manifest) }));
  return folder;
}

const inUse = async () => (await store.must('inspect', 'vm', '-f', '{{.Driver.BootImageDigest}}')).trim();
const engine = () => store.must('ssh', 'vm', 'pgrep', '-f', '^/usr/bin/dockerd');
const labels = async () => (await store.on('vm', 'info', '-f', '{{json .Labels}}')).stdout.trim();

beforeAll(async () => {
  store = new TestStore();
  newest = readFileSync(join(store.path, 'images/current'), 'utf8').trim();
  await store.must('create', '-d', 'qemu', '--qemu-boot-image', olderImage(), '--engine-label', 'a=b', 'vm');
});
afterAll(() => store?.close());

const LINES = ['Waiting for SSH to be available...', 'Detecting the provisioner...', 'Copying certs to the local machine directory...'];

describe('provision', () => {
  it('changes and restarts nothing that is as it should be', async () => {
    const before = await engine();
    const said = await store.must('provision', 'vm');
    expect(said.trim().split('\n')).toEqual([
      ...LINES,
      'Copying certs to the remote machine...',
      'Setting Docker configuration on the remote daemon...',
    ]);
    expect(await engine()).toBe(before);
  });

  it('brings in options that config.json has since then, and they stay', async () => {
    const file = store.file('vm', 'config.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"a=b"', '"a=c d"'), { mode: 0o600 });
    await store.must('provision', 'vm');
    expect(await labels()).toBe('["a=c d","provider=qemu"]');
    const engineNow = await engine();
    await store.must('provision', 'vm');
    expect(await engine()).toBe(engineNow);
  });

  it('has nothing to do for a driver without a guest', async () => {
    await store.must('create', '-d', 'none', '--url', 'tcp://127.0.0.1:9', 'url');
    for (const command of ['provision', 'upgrade'])
      expect(await store.cli(command, 'url')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('machine "url" of driver none has no guest'),
      });
  });
});

describe('upgrade', () => {
  it('gives the machine the newest image, and it keeps what is its own', async () => {
    expect(await inUse()).not.toBe(newest);
    await store.must('ssh', 'vm', 'echo kept | sudo tee /var/lib/docker/mine');
    const said = (await store.must('upgrade', 'vm')).trim().split('\n');
    expect(said.filter((line) => /^(Upgrading|Stopping machine|Starting machine|Restarting)/.test(line))).toEqual([
      'Upgrading docker...',
      'Stopping machine to do the upgrade...',
      'Upgrading machine "vm"...',
      'Starting machine back up...',
      'Restarting docker...',
    ]);
    expect(await inUse()).toBe(newest);
    expect(await store.must('ssh', 'vm', 'cat', '/var/lib/docker/mine')).toBe('kept\n');
    expect(await labels()).toBe('["a=c d","provider=qemu"]');
  });

  it('leaves a machine alone that has it', async () => {
    const before = await engine();
    expect(await store.must('upgrade', 'vm')).toContain('Machine "vm" has the newest image already.\n');
    expect(await engine()).toBe(before);
  });
});
