/** What `ls` asks of drivers that can tell many states in one call. */
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { filtered, parseListFilter } from '../../../src/cli/actions/list-filter.ts';
import { loadAll, machineRows } from '../../../src/cli/actions/machine-rows.ts';
import type { Session } from '../../../src/cli/session.ts';
import type { DriverDefinition, MachineState } from '../../../src/driver/index.ts';
import { openMachines } from '../../../src/machine/index.ts';
import { folderDriver } from '../../support/folder-driver.ts';
import { createRequest, noSteps, testStore } from '../../support/machines.ts';

describe('rows of machines whose driver tells many states at once', () => {
  it('come from one call, and only what runs is asked for its URL', async () => {
    let calls = 0;
    const driver: DriverDefinition = {
      ...folderDriver(() => {}, 'none'),
      async states() {
        calls += 1;
        return new Map<string, MachineState>([
          ['a', 'Paused'],
          ['b', 'Running'],
        ]);
      },
    };
    const store = await testStore(driver);
    const machines = openMachines(store.options);
    for (const name of ['a', 'b', 'c']) await machines.create(createRequest(name, driver, { 'folder-cloud': store.cloud }), noSteps);
    await (await machines.load('c')).stop();
    const { platform, clock, signal } = store.options;
    const session = { input: { platform, clock, signal, out: new Writable() }, machines: async () => machines } as unknown as Session;
    const all = await loadAll(session);
    const rows = await machineRows(session, all.machines, all, { timeout: 5000, version: false });
    expect(rows.map(({ name, state, url }) => [name, state, url === ''])).toEqual([
      ['a', 'Paused', true],
      ['b', 'Running', false],
      ['c', 'Running', false], // left out of the answer: asked itself, where a URL means that it runs
    ]);
    expect((await filtered({ all, timeout: 5000 }, parseListFilter(['state=paused']))).map(({ name }) => name)).toEqual(['a']);
    expect(calls).toBe(1);
  });

  it('time out together when that call hangs, and no others with them', async () => {
    const hanging: DriverDefinition = { ...folderDriver(() => {}, 'none'), states: () => new Promise(() => {}) };
    const other: DriverDefinition = { ...folderDriver(() => {}, 'none'), name: 'other' };
    const { options, cloud } = await testStore(hanging);
    const machines = openMachines({ ...options, loadDriver: async (name) => (name === 'other' ? other : hanging) });
    await machines.create(createRequest('a', hanging, { 'folder-cloud': cloud }), noSteps);
    await machines.create(createRequest('b', other, { 'folder-cloud': cloud }), noSteps);
    const { platform, clock, signal } = options;
    const session = { input: { platform, clock, signal, out: new Writable() }, machines: async () => machines } as unknown as Session;
    const all = await loadAll(session);
    const rows = await machineRows(session, all.machines, all, { timeout: 1000, version: false });
    expect(rows.map(({ name, state }) => [name, state])).toEqual([
      ['a', 'Timeout'],
      ['b', 'Running'],
    ]);
    const found = async (state: string) =>
      (await filtered({ all, timeout: 100 }, parseListFilter([`state=${state}`]))).map(({ name }) => name);
    expect([await found('timeout'), await found('running')]).toEqual([['a'], ['b']]);
  });
});
