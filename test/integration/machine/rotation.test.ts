/** A store's CA is rotated under machines that take certificates at their boot (SSH is proved by test/e2e), with real TLS. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fingerprintsOf } from '../../../src/certs/bundle.ts';
import type { DriverDefinition } from '../../../src/driver/index.ts';
import { checkEngineTls, engineVersion } from '../../../src/machine/engine-client.ts';
import { type Machines, openMachines } from '../../../src/machine/index.ts';
import { bundleProgram } from '../../support/bundle.ts';
import { closeGuests, folderDriver } from '../../support/folder-driver.ts';
import { createRequest, noSteps, type TestStore, testStore } from '../../support/machines.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import type { RotationInput } from './rotation-program.ts';

let driver: DriverDefinition;
let store: TestStore;
let machines: Machines;

beforeEach(async () => {
  driver = folderDriver();
  store = await testStore(driver);
  machines = openMachines(store.options);
});
afterEach(closeGuests);

const signal = new AbortController().signal;
const create = (name: string) => machines.create(createRequest(name, driver, { 'folder-cloud': store.cloud }), noSteps);
const certs = (file: string) => readFile(join(store.root, 'certs', file), 'utf8');
const copy = (name: string, file: string) => readFile(join(store.root, 'machines', name, file), 'utf8');

/** A client of `certs/`, as docker-machine is one: what it is told by the engine, '' for yes. */
async function oldTool(name: string): Promise<string> {
  const url = await (await machines.load(name)).url();
  const files = { ca: await certs('ca.pem'), cert: await certs('cert.pem'), key: await certs('key.pem') };
  const target = { name, url, files: async () => files };
  return engineVersion(target, signal).then(
    () => '',
    (error: Error) => error.message,
  );
}

async function docker(name: string): Promise<string> {
  return (await machines.load(name)).engineVersion().catch((error: Error) => error.message);
}

async function restart(name: string): Promise<void> {
  const machine = await machines.load(name);
  if ((await machine.state()) === 'Running') await machine.stop();
  await machine.start();
}

describe('a rotation', () => {
  it('leaves every machine reachable, for its own clients and for those of certs/, until and after the last one has it', async () => {
    for (const name of ['on', 'off']) await create(name);
    await (await machines.load('off')).stop();
    const [before] = fingerprintsOf(await certs('ca.pem'), 'ca.pem');

    await machines.beginRotation();
    expect(await machines.continueRotation([])).toEqual([
      { name: 'off', reason: 'it does not run: it takes them when it starts' },
      { name: 'on', reason: expect.stringContaining('its engine is not reached by SSH') },
    ]);
    expect([await docker('on'), await oldTool('on')]).toEqual(['1.2.3', '']);

    await restart('on');
    expect((await machines.certificates([])).waiting).toEqual(['off']);
    expect(await copy('on', 'cert.pem')).not.toBe(await certs('cert.pem'));
    expect([await docker('on'), await oldTool('on')]).toEqual(['1.2.3', '']);
    expect(fingerprintsOf(await certs('ca.pem'), 'ca.pem')).toHaveLength(2);

    await restart('off');
    expect((await machines.certificates([])).waiting).toBeUndefined();
    const [after, ...others] = fingerprintsOf(await certs('ca.pem'), 'ca.pem');
    expect([after === before, others]).toEqual([false, []]);
    expect((await readdir(join(store.root, 'certs'))).sort()).toEqual(['ca-key.pem', 'ca.pem', 'cert.pem', 'key.pem']);
    for (const name of ['on', 'off']) expect([await docker(name), await oldTool(name)]).toEqual(['1.2.3', '']);
    await restart('on'); // at its next start it forgets the old CA
    expect(fingerprintsOf(await copy('on', 'ca.pem'), 'ca.pem')).toEqual([after]);
    expect(fingerprintsOf(await readFile(join(store.cloud, 'on', 'tls_ca.pem'), 'utf8'), 'ca')).toEqual([after]);
    expect(await docker('on')).toBe('1.2.3');
  });

  it('gives a machine that is made meanwhile the new certificates, and the clients of certs/ reach it', async () => {
    await create('old');
    await (await machines.load('old')).stop();
    await machines.beginRotation();
    await create('new');
    expect((await machines.certificates([])).waiting).toEqual(['old']);
    expect([await docker('new'), await oldTool('new')]).toEqual(['1.2.3', '']);
  });

  it('ends when the last machine that waits is removed', async () => {
    for (const name of ['a', 'b']) await create(name);
    await machines.beginRotation();
    await restart('a');
    expect((await machines.certificates([])).waiting).toEqual(['b']);
    await machines.remove('b', { force: false });
    expect((await machines.certificates([])).waiting).toBeUndefined();
    expect(await docker('a')).toBe('1.2.3');
  });

  it('is one rotation for two that begin it at once', async () => {
    await create('a');
    const other = openMachines(store.options);
    await Promise.all([machines.beginRotation(), other.beginRotation()]);
    expect(fingerprintsOf(await certs('ca.pem'), 'ca.pem')).toHaveLength(2);
    await Promise.all([machines.continueRotation([]), other.continueRotation([])]);
    await restart('a');
    expect(fingerprintsOf(await certs('ca.pem'), 'ca.pem')).toHaveLength(1);
  });

  it('leaves a CA of the user alone', async () => {
    const other = await testStore(driver);
    await openMachines(other.options).create(createRequest('theirs', driver, { 'folder-cloud': other.cloud }), noSteps);
    const folder = join(other.root, 'certs');
    const tls = ['caCert:ca.pem', 'caKey:ca-key.pem', 'clientCert:cert.pem', 'clientKey:key.pem'].map((pair) => pair.split(':'));
    const paths = Object.fromEntries(tls.map(([key = '', file = '']) => [key, join(folder, file)]));
    await openMachines({ ...store.options, tls: paths }).create(createRequest('own', driver, { 'folder-cloud': store.cloud }), noSteps);
    const before = await readFile(join(folder, 'ca.pem'), 'utf8');
    await machines.beginRotation();
    expect(await machines.continueRotation(['own'])).toEqual([]);
    expect(await readFile(join(folder, 'ca.pem'), 'utf8')).toBe(before);
    expect([await copy('own', 'ca.pem'), await docker('own')]).toEqual([before, '1.2.3']);
  });
});

describe('a rotation whose process is killed', () => {
  let program: string;

  beforeAll(async () => {
    program = join(temporaryFolder(), 'rotation-program.mjs');
    await bundleProgram('test/integration/machine/rotation-program.ts', program);
  });

  /** With one machine, that is off. Its guest listens on a port of its own. */
  async function templateStore(): Promise<TestStore> {
    const made = await testStore(folderDriver());
    await openMachines(made.options).create(createRequest('m', folderDriver(), { 'folder-cloud': made.cloud }), noSteps);
    await (await openMachines(made.options).load('m')).stop();
    return made;
  }

  /** Whether it was killed before its end. */
  async function isKilled(input: RotationInput): Promise<boolean> {
    const child = spawn(process.execPath, [program, JSON.stringify(input)], { stdio: ['ignore', 'ignore', 'inherit'] });
    const [code, ended] = await once(child, 'close');
    expect(ended ?? code).toBeOneOf(['SIGKILL', 0]);
    return ended !== null;
  }

  /** The same again brings it to its end, and every client has been served meanwhile. */
  async function isFinished(root: string, renames: number): Promise<void> {
    const here = openMachines({ ...store.options, storePath: root, loadDriver: async () => folderDriver() });
    const machine = await here.load('m');
    await machine.stop().catch(() => {}); // it runs or not, as the kill left it
    await machine.start();
    const url = await machine.url();
    const files = async (folder: string) => {
      const read = (file: string) => readFile(join(root, folder, file), 'utf8');
      return { ca: await read('ca.pem'), cert: await read('cert.pem'), key: await read('key.pem') };
    };
    await machine.checkTls();
    expect(await machine.engineVersion(), `killed at rename ${renames}`).toBe('1.2.3');
    await here.beginRotation();
    await here.continueRotation(['m']);
    await machine.stop();
    await machine.start();
    for (const folder of ['certs', 'machines/m']) await checkEngineTls({ name: 'm', url, files: () => files(folder) }, () => false, signal);
    const kept = (await readdir(join(root, 'certs'))).filter((file) => !file.includes('.tmp-')).sort();
    expect(kept).toEqual(['ca-key.pem', 'ca.pem', 'cert.pem', 'key.pem']);
    expect((await stat(join(root, 'certs/ca-key.pem'))).mode & 0o777).toBe(0o600);
    await machine.stop(); // the next copy of it has the same port
  }

  it('at any change of a file is finished by the same again, and nothing is lost meanwhile', async () => {
    let renames = 0;
    let killed = 0;
    let ended = false;
    const killOneAfterTheOther = async (template: TestStore): Promise<void> => {
      while (!ended) {
        renames += 1;
        const [root, at] = [await copyOf(template), renames];
        if (!(await isKilled({ store: root, name: 'm', renames: at }))) {
          ended = true;
          return;
        }
        killed += 1;
        await isFinished(root, at);
      }
    };
    await Promise.all([killOneAfterTheOther(await templateStore()), killOneAfterTheOther(await templateStore())]);
    expect(killed).toBeGreaterThan(15);
  });
});

/** A store and its cloud at other places: config.json names both. */
async function copyOf(template: { root: string; cloud: string }): Promise<string> {
  const [root, cloud] = [temporaryFolder(), temporaryFolder()];
  cpSync(template.root, root, { recursive: true });
  cpSync(template.cloud, cloud, { recursive: true });
  const path = join(root, 'machines/m/config.json');
  const text = await readFile(path, 'utf8');
  await writeFile(path, text.replaceAll(template.root, root).replaceAll(template.cloud, cloud));
  return root;
}
