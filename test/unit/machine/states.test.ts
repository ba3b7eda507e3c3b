import { describe, expect, it } from 'vitest';
import type { DriverDefinition, MachineState } from '../../../src/driver/index.ts';
import { openMachines } from '../../../src/machine/index.ts';
import { folderDriver } from '../../support/folder-driver.ts';
import { createRequest, noSteps, testStore } from '../../support/machines.ts';

async function loadedMachines(driver: DriverDefinition, names: readonly string[]) {
  const store = await testStore(driver);
  const machines = openMachines(store.options);
  const secrets = (name: string) => ({ 'folder-secret': { value: `secret of ${name}` } });
  for (const name of names)
    await machines.create({ ...createRequest(name, driver, { 'folder-cloud': store.cloud }), secrets: secrets(name) }, noSteps);
  const loaded = await Promise.all(names.map((name) => machines.load(name)));
  const together = machines.statesTogether(loaded);
  return Promise.all(loaded.map(together));
}

describe('states of many machines', () => {
  it('come from one call of the driver with state and secrets of each, as far as it tells them', async () => {
    const asked: string[][] = [];
    const driver: DriverDefinition = {
      ...folderDriver(() => {}, 'none'),
      async states(_context, machines) {
        const told = machines.map(async ({ name, state, secret }) => {
          return `${name} ${(JSON.parse(state) as { Made: boolean }).Made} ${await secret('folder-secret')}`;
        });
        asked.push(await Promise.all(told));
        return new Map<string, MachineState>([['a', 'Paused']]);
      },
    };
    expect(await loadedMachines(driver, ['a', 'b', 'c'])).toEqual(['Paused', undefined, undefined]);
    expect(asked).toEqual([['a true secret of a', 'b true secret of b', 'c true secret of c']]);
  });

  it('are left out when the call fails', async () => {
    const driver: DriverDefinition = { ...folderDriver(() => {}, 'none'), states: () => Promise.reject(new Error('no answer')) };
    expect(await loadedMachines(driver, ['a'])).toEqual([undefined]);
  });
});
