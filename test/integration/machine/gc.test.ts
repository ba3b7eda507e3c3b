import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { MachineError } from '../../../src/core/errors.ts';
import { ImageCache } from '../../../src/image/index.ts';
import { openMachines } from '../../../src/machine/index.ts';
import { DockerContexts } from '../../../src/store/docker-contexts.ts';
import { storeId } from '../../../src/store/store-id.ts';
import { cloudMachines, type FolderPlace, folderDriver } from '../../support/folder-driver.ts';
import { createRequest, noSteps, type TestStore, testStore } from '../../support/machines.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { writeSampleImage } from '../../unit/image/sample-image.ts';
import { tinyVm } from '../supervisor/tiny-vm.ts';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

const working = folderDriver(() => {}, 'none');
const failingAt = (wanted: FolderPlace) =>
  folderDriver((place) => {
    if (place === wanted) throw new MachineError('CLOUD', 'the cloud is shut');
  }, 'none');

async function newStore(driver = working): Promise<TestStore> {
  const store = await testStore(driver);
  const home = temporaryFolder(); // Docker contexts are there
  return { ...store, options: { ...store.options, platform: { ...store.options.platform, home, env: { USER: 'tester' } } } };
}

const create = (store: TestStore, name: string, driver = working) =>
  openMachines({ ...store.options, loadDriver: async () => driver }).create(
    createRequest(name, driver, { 'folder-cloud': store.cloud }),
    noSteps,
  );
const orphans = (store: TestStore, driver = working) => openMachines({ ...store.options, loadDriver: async () => driver }).orphans();
const listed = async (store: TestStore) => (await orphans(store)).map(({ kind, name }) => `${kind} ${name}`);

/** All of them, by two commands at once. */
async function removeAll(store: TestStore): Promise<void> {
  const both = await Promise.all([orphans(store), orphans(store)]);
  await Promise.all(both.flat().map((orphan) => orphan.remove()));
  expect(await listed(store)).toEqual([]);
}

describe('a store that is in order', () => {
  it('has no orphans, also while machines are made and removed', async () => {
    const store = await newStore();
    const seen: string[] = [];
    const looking = folderDriver(async () => void seen.push(...(await listed(store))), 'none');
    await create(store, 'a');
    await create(store, 'b', looking);
    await openMachines({ ...store.options, loadDriver: async () => looking }).remove('b', { force: false });
    expect(await listed(store)).toEqual([]);
    expect(seen).toEqual([]);
  });

  it('that does not exist has none either, and is not made', async () => {
    const store = await newStore();
    const root = join(store.root, 'nowhere');
    expect(await openMachines({ ...store.options, storePath: root }).orphans()).toEqual([]);
  });
});

describe('what commands left that were killed', () => {
  it('goes: entries on their way in and out, writes that did not end', async () => {
    const store = await newStore();
    await create(store, 'good');
    for (const folder of ['staging/new/in', 'staging/old/out', 'machines/.beside.new'])
      await mkdir(join(store.root, folder), { recursive: true });
    const old = ['machines/good/config.json.tmp-4194300-0123abcd', 'certs/ca.pem.tmp-4194301-0123abcd', 'machines/good/config.json.tmp123'];
    const fresh = ['machines/good/tsmachine.json.tmp-4194302-0123abcd', `machines/good/x.tmp-${process.pid}-0123abcd`];
    for (const file of [...old, ...fresh]) await writeFile(join(store.root, file), 'x');
    for (const file of [...old, fresh[1] ?? '']) await utimes(join(store.root, file), new Date(0), new Date(0));
    const expected = ['staging/new/in', 'staging/old/out', 'machines/.beside.new', ...old].map((name) => `files ${name}`);
    expect((await listed(store)).sort()).toEqual(expected.sort());
    await removeAll(store);
    expect(await readdir(join(store.root, 'machines'))).toEqual(['good']);
    expect(await readdir(join(store.root, 'machines/good'))).toEqual(
      expect.arrayContaining(fresh.map((path) => path.split('/').at(-1) ?? '')),
    );
  });
});

describe('rm -f of a machine whose driver fails', () => {
  it('keeps what the driver needs, and gc tries again until it is gone', async () => {
    const store = await newStore();
    await create(store, 'm');
    const failing = { ...store.options, loadDriver: async () => failingAt('remove') };
    await expect(openMachines(failing).remove('m', { force: false })).rejects.toThrow('the cloud is shut');
    await openMachines(failing).remove('m', { force: true });
    expect(store.warnings).toEqual([
      'Error removing host "m": the cloud is shut',
      'What its driver made of "m" may still exist: "tsmachine gc" lists it and tries again.',
    ]);
    expect(await openMachines(store.options).names()).toEqual([]);
    expect(await cloudMachines(store.cloud)).toEqual(['m']);
    const [kept, ...more] = await orphans(store, failingAt('remove'));
    expect(more).toEqual([]);
    expect(kept).toMatchObject({ kind: 'machine', name: 'm', reason: 'the cloud is shut' });
    await expect(kept?.remove()).rejects.toThrow('the cloud is shut');
    expect(await listed(store)).toEqual(['machine m']);
    await removeAll(store);
    expect(await cloudMachines(store.cloud)).toEqual([]);
  });

  it('frees the name', async () => {
    const store = await newStore();
    await create(store, 'm');
    for (const _again of [1, 2]) {
      await openMachines({ ...store.options, loadDriver: async () => failingAt('remove') }).remove('m', { force: true });
      await rm(join(store.cloud, 'm'), { recursive: true });
      await create(store, 'm');
    }
    expect(await listed(store)).toEqual(['machine m', 'machine m']);
  });
});

describe('objects at a provider', () => {
  it('that carry the store and the name of no machine are removed, of other stores not', async () => {
    const store = await newStore();
    const other = await newStore();
    await create(store, 'good');
    await openMachines(other.options).create(createRequest('foreign', working, { 'folder-cloud': store.cloud }), noSteps);
    await cp(join(store.cloud, 'good'), join(store.cloud, 'lost'), { recursive: true });
    expect(await listed(store)).toEqual(['remote folder lost']);
    await removeAll(store);
    expect(await cloudMachines(store.cloud)).toEqual(['foreign', 'good']);
  });
});

describe('Docker contexts', () => {
  it('of machines that are gone are removed, others stay', async () => {
    const store = await newStore();
    await create(store, 'good');
    const contexts = new DockerContexts(store.options.platform);
    const id = await storeId(join(store.root, 'tsmachine.json'));
    const write = (name: string, owner: string) =>
      contexts.write(name, { owner: { store: owner, machine: name }, host: 'tcp://127.0.0.1:9', tls: undefined });
    await write('good', id);
    await write('gone', id);
    await write('elsewhere', 'another store');
    expect(await listed(store)).toEqual(['context gone']);
    await removeAll(store);
    expect((await contexts.ownedBy(id)).map(({ name }) => name)).toEqual(['good']);
    expect(await contexts.ownedBy('another store')).toHaveLength(1);
  });
});

describe('boot images', () => {
  it('that no machine uses are removed, the current one stays', async () => {
    const store = await newStore();
    const cache = new ImageCache(join(store.root, 'images'));
    const older = await cache.add((dir) => writeSampleImage(dir, 'older'));
    const current = await cache.add((dir) => writeSampleImage(dir, 'newer'));
    expect(await listed(store)).toEqual([`image ${older.manifest.digest}`]);
    await removeAll(store);
    expect((await cache.list()).map(({ dir }) => dir)).toEqual([current.dir]);
  });
});

describe('processes', () => {
  /** A QEMU as our driver starts it, in a folder. */
  async function qemuIn(folder: string): Promise<ChildProcess> {
    await mkdir(folder, { recursive: true });
    const vm = tinyVm(folder);
    const child = spawn(vm.program, vm.args, { cwd: folder, stdio: 'ignore' });
    started.push(child);
    await once(child, 'spawn');
    while (!(await readdir(folder)).includes('qmp.sock')) await sleep(20);
    const qmp = createConnection(join(folder, 'qmp.sock'));
    await once(qmp, 'data');
    qmp.write('{"execute":"qmp_capabilities"}\n');
    await once(qmp, 'data'); // it greets while it still opens files, and answers when it has them all
    qmp.destroy();
    return child;
  }

  it('of machines that are gone end, of this store and no other', async () => {
    const store = await newStore();
    const other = await newStore();
    await create(store, 'good');
    const lost = await qemuIn(join(store.root, 'machines/lost'));
    const unknown = await qemuIn(join(store.root, 'machines/good'));
    const foreign = await qemuIn(join(other.root, 'machines/lost'));
    const users = spawn('sleep', ['600'], { cwd: join(store.root, 'machines/lost'), stdio: 'ignore' });
    started.push(users);
    await rm(join(store.root, 'machines/lost'), { recursive: true });
    await rm(join(other.root, 'machines/lost'), { recursive: true });
    const expected = [lost, unknown].map(({ pid }) => `process ${pid} qemu-system-x86_64`);
    expect((await listed(store)).sort()).toEqual(expected.sort());
    await removeAll(store);
    expect([lost, unknown, foreign, users].map(({ exitCode, signalCode }) => exitCode ?? signalCode)).toEqual([
      'SIGKILL',
      'SIGKILL',
      null,
      null,
    ]);
  });
});
