/** What `create --dry-run` tells and leaves undone. */
import { existsSync, readdirSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openMachines } from '../../../src/machine/index.ts';
import { folderDriver } from '../../support/folder-driver.ts';
import { createRequest, testStore } from '../../support/machines.ts';
import { TestStore } from './run-cli.ts';

let store: TestStore;
beforeEach(() => {
  store = new TestStore();
});
afterEach(() => store.remove());

const create = (...words: string[]) => store.run(['create', '-d', 'none', '--dry-run', ...words]);

describe('create --dry-run', () => {
  it('tells the steps, and writes nothing at all', async () => {
    const told = await create('--url', 'tcp://10.0.0.1:2376', 'm');
    expect(told).toMatchObject({ code: 0, stderr: '' });
    expect(told.stdout.split('\n')).toEqual([
      'Nothing is made. To create "m" with driver none:',
      `- Make a certificate authority and a client certificate in ${store.path}/certs`,
      `- Write the machine into ${store.path}/machines/m`,
      '- Make and start the machine with driver none',
      '',
    ]);
    expect(readdirSync(store.home)).toEqual([]);
  });

  it('refuses what create refuses', async () => {
    expect(await create('--url', 'no url', 'm')).toMatchObject({ code: 1, stdout: expect.not.stringContaining('- ') });
    expect(await create('--url', 'tcp://10.0.0.1:2376', 'm/n')).toMatchObject({ code: 1 });
    await store.create('m');
    expect(await create('--url', 'tcp://10.0.0.1:2376', 'm')).toMatchObject({ code: 1, stderr: expect.stringContaining('already exists') });
  });

  it("has the driver's own lines, told after its flags and without anything made", async () => {
    const calls: string[] = [];
    const folder = folderDriver((place) => void calls.push(place), 'none');
    const driver: typeof folder = {
      ...folder,
      open(context, state) {
        const opened = folder.open(context, state);
        return Object.assign(opened, {
          plan: async () => [`CreateFolder ${opened.serialize()}`, `store id ${JSON.stringify(context.storeId)}`],
        });
      },
    };
    const { options, cloud, root } = await testStore(driver);
    const lines = await openMachines(options).plan(createRequest('m', driver, { 'folder-cloud': cloud }));
    expect(lines).toContain(`CreateFolder {"Cloud":${JSON.stringify(cloud)},"Port":0,"Made":false}`);
    expect(lines).toContain('store id ""');
    expect(calls).toEqual([]);
    expect([...readdirSync(root), ...readdirSync(cloud)]).toEqual([]);
    expect(existsSync(root)).toBe(true);
  });
});
