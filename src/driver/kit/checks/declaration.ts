/** What a driver declares, and what opening and configuring it may do. */
import { CONTRACT_VERSION, LIFE_CYCLE } from '../../contract.ts';
import type { FlagSpec } from '../../flags.ts';
import { type Check, demand } from '../check.ts';
import { plainFlags } from '../subject.ts';

const GUESTS = ['boot-image', 'distribution', 'none'];
const HOST_KEYS = ['given', 'read', 'first-contact', 'none'];

const definition: Check = {
  name: 'definition',
  rule: 'it has a contract, a name, one line of description and capabilities of the contract',
  async run({ subject: { driver } }) {
    demand(driver.contract === CONTRACT_VERSION, `contract: expected ${CONTRACT_VERSION}, found ${String(driver.contract)}`);
    demand(/^[a-z0-9][a-z0-9-]{0,63}$/.test(driver.name), `name: expected a-z, 0-9 and -, found ${JSON.stringify(driver.name)}`);
    demand(/^\S.*$/.test(driver.description), `description: expected one line, found ${JSON.stringify(driver.description)}`);
    const { guest, hostKey, power, sharedAddress } = driver.capabilities;
    demand(GUESTS.includes(guest), `capabilities.guest: expected one of ${GUESTS.join(', ')}, found ${String(guest)}`);
    demand(HOST_KEYS.includes(hostKey), `capabilities.hostKey: expected one of ${HOST_KEYS.join(', ')}, found ${String(hostKey)}`);
    demand(
      typeof power === 'boolean' && typeof sharedAddress === 'boolean',
      'capabilities: expected power and sharedAddress as true or false',
    );
  },
};

const TYPES: Record<FlagSpec['type'], (value: unknown) => boolean> = {
  string: (value) => typeof value === 'string',
  int: Number.isSafeInteger,
  bool: (value) => typeof value === 'boolean',
  strings: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
};

const flags: Check = {
  name: 'flags',
  rule: 'flags have names, types and help that create can use, and no two are alike',
  async run({ subject: { driver } }) {
    const seen = new Set<string>();
    for (const flag of driver.flags) {
      const { name, type, env, help, secret } = flag;
      demand(/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name), `flag ${JSON.stringify(name)}: expected lower-case words with - between them`);
      demand(type in TYPES, `--${name}: expected type ${Object.keys(TYPES).join(', ')}, found ${String(type)}`);
      demand(typeof help === 'string' && help.trim() !== '' && !help.includes('\n'), `--${name}: expected one line of help`);
      demand(
        env === undefined || /^[A-Z][A-Z0-9_]*$/.test(env),
        `--${name}: expected an environment variable, found ${JSON.stringify(env)}`,
      );
      demand(
        flag.default === undefined || TYPES[type](flag.default),
        `--${name}: its default is no ${type}: ${JSON.stringify(flag.default)}`,
      );
      demand(!secret || (type === 'string' && flag.default === undefined), `--${name}: a secret is a string without a default`);
      for (const word of [`--${name}`, ...(env === undefined ? [] : [`$${env}`])]) {
        demand(!seen.has(word), `${word} stands for two flags`);
        seen.add(word);
      }
    }
  },
};

const open: Check = {
  name: 'open',
  rule: 'open and serialize are answered at once, without I/O',
  async run(bench) {
    const before = await bench.leftovers();
    const { driver, calls } = await bench.open({});
    const missing = LIFE_CYCLE.filter((method) => typeof (driver as unknown as Record<string, unknown>)[method] !== 'function');
    demand(missing.length === 0, `the driver has no ${missing.join(', ')}`);
    await driver.close();
    await driver.close();
    demand(calls.length === 0, `open made calls: ${calls.join(', ')}`);
    demand(String(await bench.leftovers()) === String(before), 'open made something');
  },
};

const configure: Check = {
  name: 'configure',
  rule: 'configure takes the flags twice alike, makes nothing, and gives a state that is a JSON object',
  async run(bench) {
    const before = await bench.leftovers();
    const first = await bench.configured();
    const state = first.driver.serialize();
    const parsed: unknown = jsonOf(state);
    demand(typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed), `the state is no JSON object: ${state.slice(0, 100)}`);
    const again = await bench.reopened(first);
    await again.driver.configure(plainFlags(bench.subject));
    demand(again.driver.serialize() === state, `a second configure gives another state: ${again.driver.serialize()} instead of ${state}`);
    demand(String(await bench.leftovers()) === String(before), 'configure made something');
  },
};

const roundTrip: Check = {
  name: 'round trip',
  rule: 'what serialize gave, open takes, value for value',
  async run(bench) {
    const machine = await bench.made();
    const state = bench.stateOf(machine.name) ?? '';
    const { driver } = await bench.reopened(machine);
    demand(driver.serialize() === state, `opened from ${state} it serializes as ${driver.serialize()}`);
  },
};

const preCreateCheck: Check = {
  name: 'pre-create check',
  rule: 'preCreateCheck can be asked twice and changes nothing',
  async run(bench) {
    const before = await bench.leftovers();
    const { driver } = await bench.configured();
    await driver.preCreateCheck();
    await driver.preCreateCheck();
    demand(String(await bench.leftovers()) === String(before), `preCreateCheck left ${String(await bench.leftovers())}`);
  },
};

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export const declaration: readonly Check[] = [definition, flags, open, configure, roundTrip, preCreateCheck];
