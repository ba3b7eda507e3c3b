import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { MachineError } from '../../../src/core/errors.ts';
import type { DriverDefinition } from '../../../src/driver/index.ts';
import { CREATE_STEPS } from '../../../src/machine/create-steps.ts';
import { openMachines, type StepListener } from '../../../src/machine/index.ts';
import { closeGuests, cloudMachines, type FolderPlace, folderDriver, type Hook } from '../../support/folder-driver.ts';
import { createRequest, noSteps, type TestStore, testStore } from '../../support/machines.ts';

afterEach(closeGuests);

const failAt =
  (wanted: FolderPlace): Hook =>
  (place) => {
    if (place === wanted) throw new MachineError('BROKEN', 'the cloud is out of rain', { hint: 'wait for autumn' });
  };

/** `guest: none`: nothing is listened on, so that these are unit tests. */
const driverWith = (hook: Hook = () => {}): DriverDefinition => folderDriver(hook, 'none');

async function create(store: TestStore, driver: DriverDefinition, name = 'm', steps: StepListener = noSteps, flags = {}): Promise<void> {
  await openMachines(store.options).create(createRequest(name, driver, { 'folder-cloud': store.cloud, ...flags }), steps);
}

const entries = (store: TestStore) => readdir(join(store.root, 'machines')).catch(() => []);
const stateOf = async (store: TestStore, name = 'm') => (await openMachines(store.options).load(name)).state();

describe('create', () => {
  it('writes the machine into the store, with the lines of docker-machine', async () => {
    const driver = driverWith();
    const store = await testStore(driver);
    const told: string[] = [];
    await create(store, driver, 'm', { begin: (step) => void told.push(step), detail: () => {}, end: () => {} });
    expect(told).toEqual(CREATE_STEPS);
    expect(store.lines).toEqual([
      `Creating CA: ${store.root}/certs/ca.pem`,
      `Creating client certificate: ${store.root}/certs/cert.pem`,
      'Running pre-create checks...',
      'Creating machine...',
    ]);
    expect(await cloudMachines(store.cloud)).toEqual(['m']);
    const dir = join(store.root, 'machines/m');
    expect((await readdir(dir)).sort()).toEqual(['ca.pem', 'cert.pem', 'config.json', 'key.pem', 'tsmachine.json']);
    const modes = await Promise.all(
      [dir, join(dir, 'config.json'), join(dir, 'key.pem')].map(async (path) => (await stat(path)).mode & 0o777),
    );
    expect(modes).toEqual([0o700, 0o600, 0o600]);
    const config = JSON.parse(await readFile(join(dir, 'config.json'), 'utf8')) as {
      HostOptions: { AuthOptions: object };
      DriverName: string;
    };
    expect(config).toMatchObject({ ConfigVersion: 3, DriverName: 'folder', Name: 'm', Driver: { Cloud: store.cloud, Made: true } });
    expect(config.HostOptions.AuthOptions).toMatchObject({
      CertDir: `${store.root}/certs`,
      StorePath: dir,
      ServerCertPath: `${dir}/server.pem`,
    });
    expect(await stateOf(store)).toBe('Running');
    expect(await (await openMachines(store.options).load('m')).inspect()).toBe(await readFile(join(dir, 'config.json'), 'utf8'));
  });

  it.each(['', '-x', 'a b', '../x', 'a/b', 'ä', '.x', 'x'.repeat(201)])('refuses the name %j', async (name) => {
    const driver = driverWith();
    const store = await testStore(driver);
    await expect(create(store, driver, name)).rejects.toMatchObject({ code: 'INVALID_NAME' });
    expect(await entries(store)).toEqual([]);
  });

  it('leaves a complete machine alone, also one that docker-machine made', async () => {
    const driver = driverWith();
    const store = await testStore(driver);
    await create(store, driver);
    await expect(create(store, driver)).rejects.toMatchObject({ code: 'MACHINE_EXISTS', message: 'Docker machine "m" already exists' });
    const { rm } = await import('node:fs/promises');
    await rm(join(store.root, 'machines/m/tsmachine.json'));
    await expect(create(store, driver)).rejects.toMatchObject({ code: 'MACHINE_EXISTS' });
    expect(await stateOf(store)).toBe('Running');
  });

  it('leaves no entry when the pre-create check fails, and says 3', async () => {
    const driver = driverWith(failAt('check'));
    const store = await testStore(driver);
    await expect(create(store, driver)).rejects.toMatchObject({
      code: 'PRE_CREATE_CHECK',
      exitCode: 3,
      message: 'Error with pre-create check: "the cloud is out of rain"',
      hint: 'wait for autumn',
    });
    expect(await entries(store)).toEqual([]);
  });

  it.each(['checkpointed', 'half-made', 'made', 'ready'] as const)(
    'on an error (%s) removes the VM and keeps the entry in state Error',
    async (place) => {
      const driver = driverWith(failAt(place));
      const store = await testStore(driver);
      await expect(create(store, driver)).rejects.toMatchObject({
        code: 'BROKEN',
        message: expect.stringMatching(/^Error creating machine: .*the cloud is out of rain$/),
      });
      expect(await cloudMachines(store.cloud)).toEqual([]);
      const machine = await openMachines(store.options).load('m');
      expect(await machine.state()).toBe('Error');
      expect(machine.failure).toContain('the cloud is out of rain');
      await expect(machine.url()).rejects.toThrow('the cloud is out of rain');
      await expect(machine.start()).rejects.toMatchObject({ code: 'MACHINE_INCOMPLETE' });
      await openMachines(store.options).remove('m', { force: false });
      expect(await entries(store)).toEqual([]);
    },
  );

  it('resumes from state Error, with other flags too', async () => {
    const store = await testStore(driverWith());
    await expect(create(store, driverWith(failAt('made')))).rejects.toThrow();
    await create(store, driverWith(), 'm', noSteps, { 'folder-secret': 'x' });
    expect(await cloudMachines(store.cloud)).toEqual(['m']);
    expect(await stateOf(store)).toBe('Running');
  });

  it.each(CREATE_STEPS)('undoes everything when it is aborted in step %s', async (step) => {
    const abort = new AbortController();
    const driver = driverWith();
    const store = await testStore(driver, abort.signal);
    const steps: StepListener = { ...noSteps, begin: (name) => name === step && abort.abort(new Error('Ctrl-C')) };
    await expect(create(store, driver, 'm', steps)).rejects.toThrow('Ctrl-C');
    expect(await cloudMachines(store.cloud)).toEqual([]);
    expect(await entries(store)).toEqual([]);
  });

  it('keeps an entry for rm when what was made cannot be undone', async () => {
    const abort = new AbortController();
    let refuse = true;
    const driver = driverWith((place) => {
      if (place === 'remove' && refuse) throw new MachineError('BROKEN', 'the cloud does not answer');
    });
    const store = await testStore(driver, abort.signal);
    const steps: StepListener = { ...noSteps, begin: (name) => name === 'ready' && abort.abort(new Error('Ctrl-C')) };
    await expect(create(store, driver, 'm', steps)).rejects.toThrow('Ctrl-C');
    expect(await cloudMachines(store.cloud)).toEqual(['m']);
    expect(store.warnings.join('\n')).toContain('the cloud does not answer');
    const later = openMachines({ ...store.options, signal: new AbortController().signal });
    expect(await (await later.load('m')).state()).toBe('Error');
    refuse = false;
    await later.remove('m', { force: false });
    expect(await cloudMachines(store.cloud)).toEqual([]);
  });

  it('never writes a secret flag', async () => {
    const driver = driverWith();
    const store = await testStore(driver);
    await create(store, driver, 'm', noSteps, { 'folder-secret': 'hunter2' });
    const files = await readdir(store.root, { recursive: true, withFileTypes: true });
    for (const file of files.filter((item) => item.isFile()))
      expect(await readFile(join(file.parentPath, file.name), 'utf8')).not.toContain('hunter2');
  });
});

describe('a store with a broken entry', () => {
  it('lists it, loads the others, and lets it go by force alone', async () => {
    const driver = driverWith();
    const store = await testStore(driver);
    await create(store, driver, 'good');
    await create(store, driver, 'bad');
    await writeFile(join(store.root, 'machines/bad/config.json'), '{"ConfigVersion": 3, "Dri');
    await writeFile(join(store.root, 'machines/file'), 'not a machine');
    const machines = openMachines(store.options);
    expect(await machines.names()).toEqual(['bad', 'good']);
    await expect(machines.load('bad')).rejects.toMatchObject({ code: 'MACHINE_BROKEN' });
    expect(await (await machines.load('good')).state()).toBe('Running');
    await expect(machines.remove('bad', { force: false })).rejects.toMatchObject({ code: 'MACHINE_BROKEN' });
    await machines.remove('bad', { force: true });
    expect(await machines.names()).toEqual(['good']);
    await mkdir(join(store.root, 'machines/foreign'));
    await writeFile(join(store.root, 'machines/foreign/precious'), '');
    await expect(machines.remove('foreign', { force: false })).rejects.toMatchObject({ code: 'MACHINE_BROKEN' });
    await expect(create(store, driver, 'foreign')).rejects.toMatchObject({ code: 'MACHINE_EXISTS' });
    expect(await readdir(join(store.root, 'machines/foreign'))).toEqual(['precious']);
  });
});

describe('remove', () => {
  it('says so when there is no such machine', async () => {
    const store = await testStore(driverWith());
    for (const name of ['nosuch', '..', '', 'a/b'])
      await expect(openMachines(store.options).remove(name, { force: false })).rejects.toMatchObject({ code: 'MACHINE_NOT_FOUND' });
  });

  it('keeps the entry when the driver fails, unless forced', async () => {
    const store = await testStore(driverWith(failAt('remove')));
    await create(store, driverWith());
    const machines = openMachines(store.options);
    await expect(machines.remove('m', { force: false })).rejects.toThrow('out of rain');
    expect(await machines.exists('m')).toBe(true);
    await machines.remove('m', { force: true });
    expect(await machines.exists('m')).toBe(false);
    expect(store.warnings.join()).toContain('out of rain');
  });
});

describe('power', () => {
  it("says docker-machine's lines and errors", async () => {
    const driver = driverWith();
    const store = await testStore(driver);
    await create(store, driver);
    store.lines.length = 0;
    const machine = await openMachines(store.options).load('m');
    await expect(machine.start()).rejects.toThrow('Machine "m" is already running.');
    await machine.stop();
    expect(await machine.state()).toBe('Stopped');
    await expect(machine.stop()).rejects.toThrow('Machine "m" is already stopped.');
    await machine.start();
    await machine.kill();
    await machine.restart();
    expect(store.lines.filter((line) => !line.startsWith('Starting') && !line.endsWith('...'))).toEqual([
      'Machine "m" was stopped.',
      'Machine "m" was started.',
      'Machine "m" was killed.',
      'Machine "m" was started.',
    ]);
  });
});
