/** What is left when create does not come to its end. */
import { messageOf } from '../../../core/errors.ts';
import type { Bench, TestMachine } from '../bench.ts';
import { type Check, demand, hasPower, NotConforming, needsLeftovers } from '../check.ts';
import type { Trouble } from '../interference.ts';
import { ABORT_LIMIT } from '../subject.ts';

/** So many calls of a create are made to fail; of more a selection, the first and the last among them. */
const MOST_POINTS = 60;
const MOST_CHANGES = 60;

/** The calls that a whole create makes through its context. */
async function callsOfCreate(bench: Bench): Promise<readonly string[]> {
  const machine = await bench.configured();
  const before = machine.calls.length;
  await machine.driver.create();
  bench.store(machine);
  await removeAgain(bench, machine, 'a whole create');
  return machine.calls.slice(before);
}

function points(count: number): number[] {
  if (count <= MOST_POINTS) return Array.from({ length: count }, (_, at) => at + 1);
  return Array.from({ length: MOST_POINTS }, (_, at) => 1 + Math.round((at * (count - 1)) / (MOST_POINTS - 1)));
}

/** As `rm` does after it: another command, with what was noted last. */
async function removeAgain(bench: Bench, machine: TestMachine, after: string): Promise<void> {
  const { driver } = await bench.reopened(machine);
  try {
    await driver.remove();
  } catch (error) {
    throw new NotConforming(`${after}: remove failed: ${messageOf(error)}`);
  }
  await driver.close();
}

async function demandNothingLeft(bench: Bench, before: readonly string[], after: string): Promise<void> {
  const left = (await bench.leftovers()).filter((item) => !before.includes(item));
  demand(left.length === 0, `${after}, remove by the last checkpoint leaves ${left.join(', ')}`);
}

function partial(trouble: Exclude<Trouble, 'hanging'>, name: string, rule: string, when: string): Check {
  return {
    name,
    rule,
    lacks: needsLeftovers,
    async run(bench) {
      const before = await bench.leftovers();
      const calls = await callsOfCreate(bench);
      for (const at of points(calls.length)) {
        const machine = await bench.configured({ interference: { at, trouble } });
        const error = await machine.driver.create().then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        const after = `${when} call ${at} of create (${calls[at - 1]})`;
        demand(error !== undefined || at === calls.length, `${after}: create says that all went well`);
        await removeAgain(bench, machine, after);
        await demandNothingLeft(bench, before, after);
      }
    },
  };
}

const failedCreate: Check = {
  name: 'failed create',
  rule: 'when the provider refuses any change, create fails with its reason and remove finds what was made',
  applies: ({ failAt }) => failAt !== undefined,
  lacks: needsLeftovers,
  async run(bench) {
    const before = await bench.leftovers();
    for (let change = 1; change <= MOST_CHANGES; change += 1) {
      const machine = await bench.configured();
      await bench.subject.failAt?.(change);
      const error = await machine.driver.create().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      await bench.subject.failAt?.(0);
      if (error === undefined) bench.store(machine);
      const after = `after change ${change} was refused`;
      demand(error === undefined || (error instanceof Error && error.message !== ''), `${after}: expected an Error with a message`);
      await removeAgain(bench, machine, after);
      await demandNothingLeft(bench, before, after);
      if (error === undefined) return; // it makes no more changes than that
    }
  },
};

const abort: Check = {
  name: 'abort',
  rule: 'when its signal is aborted create gives up soon, wherever it waits',
  async run(bench) {
    const limit = bench.subject.abortLimit ?? ABORT_LIMIT;
    const before = await bench.leftovers();
    const early = await bench.configured({ signal: AbortSignal.abort(new Error('stopped')) });
    await givesUp(early, limit, 'aborted before it began', hasPower(bench.subject)); // what only notes an address is done at once
    demand(String(await bench.leftovers()) === String(before), 'create made something although it was aborted before it began');
    const calls = await callsOfCreate(bench);
    for (const at of points(calls.length)) {
      const stop = new AbortController();
      const interference = { at, trouble: 'hanging', onHang: () => stop.abort(new Error('stopped')) } as const;
      const machine = await bench.configured({ signal: stop.signal, interference });
      const when = `aborted while call ${at} (${calls[at - 1]}) did not answer`;
      await givesUp(machine, limit, when, true);
      await machine.driver.close();
    }
  },
};

async function givesUp({ driver }: TestMachine, limit: number, when: string, mustFail: boolean): Promise<void> {
  const late = Symbol();
  const timer = Promise.withResolvers<typeof late>();
  const handle = setTimeout(() => timer.resolve(late), limit);
  const created = driver.create().then(
    () => undefined,
    (error: unknown) => error,
  );
  const end = await Promise.race([created, timer.promise]);
  clearTimeout(handle);
  demand(end !== late, `${when}: create went on for more than ${limit} ms`);
  demand(!mustFail || end !== undefined, `${when}: create says that all went well`);
}

export const trouble: readonly Check[] = [
  partial('refused', 'death before a call', 'after a death before any call of create, remove finds what was made', `after a death before`),
  partial('lost', 'death after a call', 'after a death behind any call of create, remove finds what was made', `after a death behind`),
  failedCreate,
  abort,
];
