import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { TestStore } from './run-cli.ts';

let store: TestStore;
const left = () => join(store.path, 'staging/old/m');
beforeEach(() => {
  store = new TestStore();
  mkdirSync(left(), { recursive: true });
});
afterEach(() => store.remove());

const TABLE = ['KIND    NAME            WHY', 'files   staging/old/m   machine "m" was being removed when its command died', ''].join('\n');
const ITEM = { kind: 'files', name: 'staging/old/m', reason: 'machine "m" was being removed when its command died' };

it.each([
  [['gc', '--dry-run'], 'y\n'],
  [['gc'], 'n\n'],
  [['gc'], undefined],
])('%j answered %j removes nothing', async (words, stdin) => {
  const printed = await store.run(words, stdin === undefined ? {} : { stdin });
  expect(printed).toMatchObject({ code: 0, stderr: '' });
  expect(printed.stdout.replace('Remove them? (y/n): ', '')).toBe(TABLE);
  expect(existsSync(left())).toBe(true);
});

it.each([
  [['gc'], 'y\n'],
  [['gc', '-y'], undefined],
  [['gc', '--yes'], undefined],
])('%j answered %j removes all, and says so', async (words, stdin) => {
  const printed = await store.run(words, stdin === undefined ? {} : { stdin });
  expect(printed.stdout.replace('Remove them? (y/n): ', '')).toBe(`${TABLE}Successfully removed files staging/old/m\n`);
  expect(existsSync(left())).toBe(false);
  expect(await store.run(['gc'])).toEqual({ code: 0, stdout: 'Nothing is left over\n', stderr: '' });
});

it('lists as JSON, and removes only when told', async () => {
  expect(JSON.parse((await store.run(['gc', '--json'])).stdout)).toEqual([ITEM]);
  expect(existsSync(left())).toBe(true);
  expect(JSON.parse((await store.run(['gc', '--json', '-y'])).stdout)).toEqual([{ ...ITEM, removed: true }]);
  expect((await store.run(['gc', '--json'])).stdout).toBe('[]\n');
  expect((await store.run(['gc', '--json', '-y'])).stdout).toBe('[]\n');
});

it('takes no names', async () => {
  expect(await store.run(['gc', 'm'])).toMatchObject({ code: 1, stdout: '' });
  expect(existsSync(left())).toBe(true);
});
