/** Several machines, several callers, several stores. */
import { listsOwned, plans } from '../../contract.ts';
import { type Check, demand, hasPower } from '../check.ts';
import { secretValues } from '../subject.ts';

const twoMachines: Check = {
  name: 'two at once',
  rule: 'two machines made at once both run, are told apart, and one stays when the other is removed',
  applies: hasPower,
  async run(bench) {
    const [one, other] = await Promise.all([bench.made(), bench.made()]);
    const places = await Promise.all([one, other].map(async ({ driver }) => `${await driver.url()} ${JSON.stringify(await driver.ssh())}`));
    demand(places[0] !== places[1], `both machines are at ${places[0]}`);
    const { driver } = await bench.reopened(one);
    await driver.remove();
    bench.store({ ...one, driver });
    const state = await (await bench.reopened(other)).driver.state();
    demand(state === 'Running', `when one machine was removed, the other is ${state}`);
  },
};

const manyCallers: Check = {
  name: 'concurrent calls',
  rule: 'questions asked at the same time are answered alike',
  async run(bench) {
    const { driver } = await bench.reopened(await bench.made());
    const ask = async () => JSON.stringify([await driver.state(), await driver.url(), await driver.ip(), await driver.ssh()]);
    const answers = new Set(await Promise.all([ask(), ask(), ask(), ask(), ask()]));
    demand(answers.size === 1, `five callers were told ${[...answers].join(' and ')}`);
  },
};

const states: Check = {
  name: 'states',
  rule: 'states tells of each machine what its own state does, and of no other',
  applies: ({ driver }) => driver.states !== undefined,
  async run(bench) {
    const { driver: definition } = bench.subject;
    const machines = [await bench.made(), await bench.made()];
    const secrets = secretValues(bench.subject);
    const asked = machines.map(({ name }) => ({
      name,
      state: bench.stateOf(name) ?? '',
      secret: async (flag: string) => secrets.get(flag) ?? '',
    }));
    const { context } = await bench.open({});
    const told = (await definition.states?.(context, asked)) ?? new Map();
    for (const name of told.keys())
      demand(
        machines.some((machine) => machine.name === name),
        `states tells of ${name}, which was not asked for`,
      );
    for (const machine of machines) {
      const [own, together] = [await (await bench.reopened(machine)).driver.state(), told.get(machine.name)];
      demand(together === undefined || together === own, `states says ${String(together)} of a machine that says ${own}`);
    }
  },
};

const plan: Check = {
  name: 'plan',
  rule: 'plan tells lines and changes nothing',
  async run(bench) {
    const before = await bench.leftovers();
    const { driver } = await bench.configured();
    if (!plans(driver)) return;
    const state = driver.serialize();
    const lines = await driver.plan();
    demand(
      lines.length > 0 && lines.every((line) => typeof line === 'string' && line !== ''),
      `plan: expected lines, found ${JSON.stringify(lines)}`,
    );
    demand(String(await bench.leftovers()) === String(before), 'plan made something');
    demand(driver.serialize() === state, 'plan changed the state');
  },
};

const owned: Check = {
  name: 'owned objects',
  rule: 'listOwned finds what the store made, removeOwned removes it, and other stores are left alone',
  async run(bench) {
    const machine = await bench.made();
    const { driver } = await bench.reopened(machine);
    if (!listsOwned(driver)) return;
    const found = await driver.listOwned();
    demand(
      found.some((object) => object.machine === machine.name),
      `listOwned does not find what was made for ${machine.name}`,
    );
    const stranger = await bench.reopened(machine, { storeId: crypto.randomUUID() });
    if (listsOwned(stranger.driver)) {
      const seen = await stranger.driver.listOwned();
      demand(seen.length === 0, `another store is given ${seen.map(({ description, id }) => `${description} ${id}`).join(', ')}`);
    }
    for (const { id } of found) await driver.removeOwned(id);
    for (const { id } of found) await driver.removeOwned(id);
    const left = await driver.listOwned();
    demand(left.length === 0, `removeOwned left ${left.map(({ description, id }) => `${description} ${id}`).join(', ')}`);
  },
};

export const many: readonly Check[] = [twoMachines, manyCallers, states, plan, owned];
