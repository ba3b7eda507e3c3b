/** kill -9 of each command of a VM at a random point, then the same command again. The long suite does it at ten points each. */
import { afterAll, beforeAll, describe, it } from 'vitest';
import { KILLED, killAndRepeat } from './kill-commands.ts';
import { TestStore } from './store.ts';

let store: TestStore;
beforeAll(() => {
  store = new TestStore();
});
afterAll(async () => {
  await store?.close();
});

describe.each(KILLED)('$words', (command) => {
  it('succeeds after it was killed', () => killAndRepeat(store, command, 1), 300_000);
});
