/** What a driver keeps to itself. These look at all that the checks before them did. */
import { messageOf } from '../../../core/errors.ts';
import { type Check, demand } from '../check.ts';
import { secretValues } from '../subject.ts';

/** Milliseconds that a program may take to end after its machine was removed. */
const ENDING = 3_000;

const secrets: Check = {
  name: 'secrets',
  rule: 'secrets are in no state, log line, error or command line',
  applies: ({ driver }) => driver.flags.some(({ secret }) => secret),
  lacks: (subject) => (secretValues(subject).size === 0 ? 'a value for a secret flag in flags' : undefined),
  async run(bench) {
    const machine = await bench.made();
    await machine.driver.close();
    const failing = await bench.configured({ interference: { at: 1, trouble: 'refused' } });
    await bench.subject.failAt?.(1);
    await failing.driver.create().catch((error: unknown) => bench.observer.show('an error', messageOf(error)));
    await bench.subject.failAt?.(0);
    for (const [flag, value] of secretValues(bench.subject)) {
      const spellings = [value, encodeURIComponent(value), JSON.stringify(value).slice(1, -1)];
      const leak = bench.observer.shown.find(({ text }) => spellings.some((spelling) => text.includes(spelling)));
      demand(leak === undefined, `the value of --${flag} is in ${leak?.where}`);
    }
  },
};

const silence: Check = {
  name: 'silence',
  rule: 'nothing is printed: what is to be told goes to context.log',
  async run({ observer }) {
    demand(observer.printed.length === 0, `it printed ${JSON.stringify(observer.printed.join('').slice(0, 200))}`);
  },
};

const processes: Check = {
  name: 'processes',
  rule: 'no program is left running when all machines are removed and closed',
  async run({ observer }) {
    const limit = Date.now() + ENDING;
    while (observer.processes().length > 0 && Date.now() < limit) await new Promise((resolve) => setTimeout(resolve, 50));
    demand(observer.processes().length === 0, `still running: ${observer.processes().join(', ')}`);
  },
};

export const discretion: readonly Check[] = [secrets, silence, processes];
