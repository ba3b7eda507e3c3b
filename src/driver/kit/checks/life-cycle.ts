/** From create to remove. */
import { isMachineError } from '../../../core/errors.ts';
import { type Driver, type MachineState, pushesReadiness } from '../../contract.ts';
import type { Bench, TestMachine } from '../bench.ts';
import { type Check, demand, failureOf, hasPower } from '../check.ts';

const STATES: readonly MachineState[] = ['None', 'Running', 'Paused', 'Saved', 'Stopped', 'Stopping', 'Starting', 'Error'];
/** Milliseconds, by the driver's clock, that a machine may be on its way to a state. */
const SETTLING = 300_000;

async function becomes({ driver, context }: TestMachine, wanted: MachineState, after: string): Promise<void> {
  const limit = context.clock.now() + SETTLING;
  for (;;) {
    const state = await driver.state();
    demand(STATES.includes(state), `state: expected one of ${STATES.join(', ')}, found ${String(state)}`);
    if (state === wanted) return;
    const onTheWay = (wanted === 'Running' && state === 'Starting') || (wanted === 'Stopped' && state === 'Stopping');
    demand(onTheWay && context.clock.now() < limit, `after ${after}: expected ${wanted}, found ${state}`);
    await context.clock.sleep(1_000);
  }
}

const create: Check = {
  name: 'create',
  rule: 'a made machine runs, and tells URL, address and SSH access',
  async run(bench) {
    const machine = await bench.made();
    const { driver } = machine;
    await becomes(machine, 'Running', 'create');
    const [url, ip, ssh] = [await driver.url(), await driver.ip(), await driver.ssh()];
    demand(
      url === '' || /^tcp:\/\/(\[[0-9a-f:.]+\]|[^/:]+):\d+$/i.test(url),
      `url: expected tcp://HOST:PORT, found ${JSON.stringify(url)}`,
    );
    demand(typeof ip === 'string' && ip !== '', `ip: expected an address, found ${JSON.stringify(ip)}`);
    if (ssh === undefined)
      return demand(bench.subject.driver.capabilities.guest !== 'distribution', 'ssh: a distribution is set up over SSH, found none');
    const whole = typeof ssh.host === 'string' && ssh.host !== '' && Number.isInteger(ssh.port) && typeof ssh.user === 'string';
    demand(whole && typeof ssh.keyPath === 'string', `ssh: expected host, port, user and keyPath, found ${JSON.stringify(ssh)}`);
  },
};

const reopen: Check = {
  name: 'reopen',
  rule: 'what serialize gave is all another command needs',
  async run(bench) {
    const machine = await bench.made();
    const told = await seen(machine.driver);
    const again = await seen((await bench.reopened(machine)).driver);
    demand(told === again, `another command sees ${again} instead of ${told}`);
  },
};

const seen = async (driver: Driver) => JSON.stringify([await driver.state(), await driver.url(), await driver.ip(), await driver.ssh()]);

const neverMade: Check = {
  name: 'never made',
  rule: 'a machine that was never made can be asked for its state and removed',
  async run(bench) {
    const { driver } = await bench.configured();
    const state = await driver.state();
    demand(STATES.includes(state), `state: expected one of ${STATES.join(', ')}, found ${String(state)}`);
    if (hasPower(bench.subject)) demand(state !== 'Running', 'a machine that was never made is said to run');
    await driver.remove();
  },
};

type PowerMethod = 'stop' | 'start' | 'restart' | 'kill';

/** A power method does what it says, seen also by another command, and once more changes nothing. The guest has a part in some. */
function power(method: PowerMethod, rule: string, wanted: MachineState, { guest = false, before }: PowerOptions = {}): Check {
  return {
    name: method,
    rule,
    applies: hasPower,
    async run(bench) {
      const machine = await bench.made();
      await before?.(machine.driver);
      for (const command of [machine, await bench.reopened(machine)]) {
        if (guest && (await command.driver.state()) === 'Running') await bench.ready(command);
        await act(bench, command, method, wanted);
      }
    },
  };
}

interface PowerOptions {
  readonly guest?: boolean;
  before?(driver: Driver): Promise<void>;
}

async function act(bench: Bench, machine: TestMachine, method: PowerMethod, wanted: MachineState): Promise<void> {
  await machine.driver[method]();
  bench.store(machine);
  await becomes(machine, wanted, method);
}

const stoppedUrl: Check = {
  name: 'url when stopped',
  rule: 'url of a stopped machine throws HOST_NOT_RUNNING',
  applies: hasPower,
  async run(bench) {
    const machine = await bench.made();
    await act(bench, machine, 'kill', 'Stopped');
    const error = await failureOf(() => machine.driver.url(), 'url answered for a stopped machine');
    demand(isMachineError(error) && error.code === 'HOST_NOT_RUNNING', `expected HOST_NOT_RUNNING, found ${String(error)}`);
  },
};

const remove: Check = {
  name: 'remove',
  rule: 'remove leaves nothing, and once more is no error',
  async run(bench) {
    const before = await bench.leftovers();
    const machine = await bench.made();
    const { driver } = await bench.reopened(machine);
    await driver.remove();
    bench.store({ ...machine, driver });
    const left = await bench.leftovers();
    demand(String(left) === String(before), `remove left ${left.join(', ')}`);
    await driver.remove();
    await (await bench.reopened(machine)).driver.remove();
    if (hasPower(bench.subject)) demand((await driver.state()) !== 'Running', 'a removed machine is said to run');
  },
};

const readiness: Check = {
  name: 'readiness',
  rule: 'awaitReady can be asked again',
  applies: ({ driver }) => driver.capabilities.guest === 'boot-image',
  async run(bench) {
    const machine = await bench.made();
    demand(pushesReadiness(machine.driver), 'a boot image says when it is ready: expected awaitReady');
    await bench.ready(machine);
    await bench.ready(await bench.reopened(machine));
  },
};

export const lifeCycle: readonly Check[] = [
  create,
  reopen,
  neverMade,
  power('stop', 'stop stops a machine, and leaves a stopped one alone', 'Stopped', { guest: true }),
  power('start', 'start starts a stopped machine, and leaves a running one alone', 'Running', { before: (driver) => driver.kill() }),
  power('restart', 'restart leaves a machine running', 'Running', { guest: true }),
  power('kill', 'kill stops a machine, and leaves a stopped one alone', 'Stopped'),
  stoppedUrl,
  readiness,
  remove,
];
