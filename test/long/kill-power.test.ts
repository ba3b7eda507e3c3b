/** kill -9 of stop, start, restart and kill of a VM at ten points of their run each, then the same command again. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { KILLED, killAndRepeat } from '../e2e/kill-commands.ts';
import { TestStore } from '../e2e/store.ts';

const HERE = ['stop', 'start', 'restart', 'kill'];

let store: TestStore;
beforeAll(() => {
  store = new TestStore();
});
afterAll(async () => {
  await store?.close();
});

describe.each(KILLED.filter(({ words: [command = ''] }) => HERE.includes(command)))('$words', (command) => {
  it('succeeds after it was killed, ten times', () => killAndRepeat(store, command, 10), 1_200_000);
});
