import { afterAll, beforeAll, describe, it } from 'vitest';
import { KILLED, killAndRepeat } from '../../e2e/kill-commands.ts';
import { TestStore } from '../../e2e/store.ts';

/** kill -9 of each of these commands of a VM at ten points of its run, then the same command again. */
export function killTenTimes(commands: readonly string[]): void {
  let store: TestStore;
  beforeAll(() => {
    store = new TestStore();
  });
  afterAll(async () => {
    await store?.close();
  });

  describe.each(KILLED.filter(({ words: [command = ''] }) => commands.includes(command)))('$words', (command) => {
    it('succeeds after it was killed, ten times', () => killAndRepeat(store, command, 10), 1_200_000);
  });
}
