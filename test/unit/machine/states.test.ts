import { describe, expect, it } from 'vitest';
import type { DriverDefinition, MachineState } from '../../../src/driver/index.ts';
import { openMachines } from '../../../src/machine/index.ts';
import { folderDriver } from '../../support/folder-driver.ts';
import { createRequest, noSteps, testStore } from '../../support/machines.ts';

describe('states', () => {
  it('asks the driver once for all it can tell, and the rest one by one', async () => {
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
    await loaded[2]?.stop();
    expect([...(await machines.states(loaded))].sort()).toEqual([
      ['a', 'Paused'],
      ['b', 'Running'],
      ['c', 'Stopped'],
    ]);
    expect(asked).toEqual([['a true', 'b true', 'c true']]);
  });

  it('puts an error in the place of a machine that cannot be asked', async () => {
    const driver = folderDriver(() => {}, 'none');
    const store = await testStore(driver);
    const machines = openMachines(store.options);
    await machines.create(createRequest('a', driver, { 'folder-cloud': store.cloud }), noSteps);
    const machine = await machines.load('a');
    const mute = Object.assign(Object.create(machine), { name: 'mute', state: () => Promise.reject(new Error('no answer')) });
    const states = await machines.states([machine, mute]);
    expect(states.get('a')).toBe('Running');
    expect(states.get('mute')).toMatchObject({ message: 'no answer' });
  });
});
