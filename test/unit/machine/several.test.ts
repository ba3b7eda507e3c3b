import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MachineError } from '../../../src/core/errors.ts';
import { openMachines } from '../../../src/machine/index.ts';
import { folderDriver } from '../../support/folder-driver.ts';
import { createRequest, noSteps, testStore } from '../../support/machines.ts';

/** Each start gives the machine a new port; that of `bad` fails after it did. */
function moving() {
  const driver = folderDriver(() => {}, 'none');
  return {
    ...driver,
    open: (...[context, state]: Parameters<typeof driver.open>) => {
      const opened = driver.open(context, state);
      const serialize = opened.serialize.bind(opened);
      const start = opened.start.bind(opened);
      let port = 0;
      return Object.assign(opened, {
        serialize: () => JSON.stringify({ ...(JSON.parse(serialize()) as object), ...(port > 0 ? { Port: port } : {}) }),
        start: async () => {
          port = context.machineName === 'bad' ? 1111 : 2222;
          if (context.machineName === 'bad') throw new MachineError('CLOUD', 'no start');
          await start();
        },
      });
    },
  };
}

it('what changed of each machine is stored, whichever of several fails', async () => {
  const driver = moving();
  const store = await testStore(driver);
  const machines = openMachines(store.options);
  for (const name of ['bad', 'good']) {
    await machines.create(createRequest(name, driver, { 'folder-cloud': store.cloud }), noSteps);
    await (await machines.load(name)).stop();
  }
  const loaded = await Promise.all(['bad', 'good'].map((name) => machines.load(name)));
  const [bad, good] = await Promise.allSettled(loaded.map((machine) => machine.start()));
  expect(bad).toMatchObject({ status: 'rejected', reason: { code: 'CLOUD' } });
  expect(good).toMatchObject({ status: 'fulfilled' });
  const port = async (name: string) =>
    (JSON.parse(await readFile(join(store.root, 'machines', name, 'config.json'), 'utf8')) as { Driver: { Port: number } }).Driver.Port;
  expect([await port('bad'), await port('good')]).toEqual([1111, 2222]);
});
