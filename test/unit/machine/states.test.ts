import { describe, expect, it } from 'vitest';
import type { DriverDefinition, MachineState } from '../../../src/driver/index.ts';
import { openMachines } from '../../../src/machine/index.ts';
import { folderDriver } from '../../support/folder-driver.ts';
import { createRequest, noSteps, testStore } from '../../support/machines.ts';

describe('states of many machines', () => {
  it('come from one call of the driver, as far as it tells them', async () => {
    const asked: string[][] = [];
    const driver: DriverDefinition = {
      ...folderDriver(() => {}, 'none'),
      async states(_context, machines) {
        asked.push(machines.map(({ name, state }) => `${name} ${(JSON.parse(state) as { Made: boolean }).Made}`));
        return new Map<string, MachineState>([['a', 'Paused']]);
      },
    };
    const store = await testStore(driver);
    const machines = openMachines(store.options);
    for (const name of ['a', 'b', 'c']) await machines.create(createRequest(name, driver, { 'folder-cloud': store.cloud }), noSteps);
    const loaded = await Promise.all(['a', 'b', 'c'].map((name) => machines.load(name)));
    expect([...(await machines.statesTogether(loaded))]).toEqual([['a', 'Paused']]);
    expect(asked).toEqual([['a true', 'b true', 'c true']]);
  });

  it('are left out when the call fails', async () => {
    const driver: DriverDefinition = { ...folderDriver(() => {}, 'none'), states: () => Promise.reject(new Error('no answer')) };
    const store = await testStore(driver);
    const machines = openMachines(store.options);
    await machines.create(createRequest('a', driver, { 'folder-cloud': store.cloud }), noSteps);
    expect(await machines.statesTogether([await machines.load('a')])).toEqual(new Map());
  });
});
