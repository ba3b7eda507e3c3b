/** The toy driver with one rule of the contract broken. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type DriverDefinition, type FlagSpec, type FlagValues, MachineError } from '../../src/driver/index.ts';
import { TOY_SECRET, type ToyBreak, ToyDriver, toySubject } from './toy-driver.ts';

export interface BrokenDriver {
  /** Completes "a driver that …". */
  readonly what: string;
  /** The only check that fails. */
  readonly check: string;
  readonly broken: ToyBreak;
}

const { flags } = toySubject().driver;
const withFlag = (flag: FlagSpec): Partial<DriverDefinition> => ({ flags: [...flags, flag] });
const whole = ToyDriver.prototype;
let forgotten = 0;

const DECLARATION: readonly BrokenDriver[] = [
  { what: 'has a name that is no word', check: 'definition', broken: { definition: { name: 'Toy Driver' } } },
  {
    what: 'is of another contract',
    check: 'definition',
    broken: { definition: { contract: 2 as never } },
  },
  {
    what: 'has two flags of one name',
    check: 'flags',
    broken: { definition: withFlag({ name: 'toy-size', type: 'int', help: 'again' }) },
  },
  {
    what: 'has a default of another type',
    check: 'flags',
    broken: { definition: withFlag({ name: 'toy-more', type: 'int', default: 'one', help: 'more' }) },
  },
  {
    what: 'makes something when it is opened',
    check: 'open',
    broken: {
      methods(toy) {
        toy.provider.make('opened', '');
        return {};
      },
    },
  },
  {
    what: 'adds to its state whenever it is configured',
    check: 'configure',
    broken: {
      methods: (toy) => ({
        async configure(values: FlagValues) {
          await whole.configure.call(toy, values);
          Object.assign(toy.values, { Times: Number((toy.values as unknown as { Times?: number }).Times ?? 0) + 1 });
        },
      }),
    },
  },
  {
    what: 'forgets a value that it stored',
    check: 'round trip',
    broken: {
      methods: (toy) => ({
        serialize: () => JSON.stringify({ ...toy.values, Forgotten: toy.values.ServerId === '' ? 0 : ++forgotten }),
      }),
    },
  },
  {
    what: 'makes something to check what it needs',
    check: 'pre-create check',
    broken: {
      methods: (toy) => ({
        preCreateCheck: async () => toy.provider.make('probe', ''),
        remove: async () => {
          await whole.remove.call(toy);
          toy.provider.remove('probe');
        },
      }),
    },
  },
];

const LIFE_CYCLE: readonly BrokenDriver[] = [
  {
    what: 'tells a URL that docker does not know',
    check: 'create',
    broken: { methods: (toy) => ({ url: async () => (await whole.url.call(toy)).replace('tcp', 'http') }) },
  },
  {
    what: 'does not store where its server is',
    check: 'reopen',
    broken: {
      methods: () => {
        const address = `10.1.0.${Math.floor(Math.random() * 1_000_000)}`;
        return { ip: async () => address };
      },
    },
  },
  {
    what: 'has no state for what was never made',
    check: 'never made',
    broken: {
      methods: (toy) => ({
        async state() {
          if (toy.values.KeyId === '') throw new MachineError('TOY', 'there is no key');
          return whole.state.call(toy);
        },
      }),
    },
  },
  {
    what: 'refuses to stop what is stopped',
    check: 'stop',
    broken: {
      methods: (toy) => ({
        async stop() {
          if ((await toy.state()) === 'Stopped') throw new MachineError('TOY', 'already stopped');
          await whole.stop.call(toy);
        },
      }),
    },
  },
  { what: 'never comes to an end of stop', check: 'stop', broken: { methods: () => ({ stop: () => new Promise(() => {}) }) } },
  { what: 'starts nothing', check: 'start', broken: { methods: () => ({ start: async () => {} }) } },
  { what: 'stays off at a restart', check: 'restart', broken: { methods: (toy) => ({ restart: () => toy.stop() }) } },
  {
    what: 'refuses to kill what is stopped',
    check: 'kill',
    broken: {
      methods: (toy) => ({
        async kill() {
          if ((await toy.state()) === 'Stopped') throw new MachineError('TOY', 'already stopped');
          await whole.kill.call(toy);
        },
      }),
    },
  },
  {
    what: 'tells a URL of a stopped machine',
    check: 'url when stopped',
    broken: { methods: () => ({ url: async () => 'tcp://10.0.0.1:2376' }) },
  },
  {
    what: 'cannot remove twice',
    check: 'remove',
    broken: {
      methods: (toy) => ({
        async remove() {
          const { ServerId } = toy.values;
          if (ServerId !== '' && ServerId === toy.values.KeyId) throw new MachineError('TOY', 'the server is gone');
          await whole.remove.call(toy);
          toy.values.KeyId = ServerId;
        },
      }),
    },
  },
];

const TROUBLE: readonly BrokenDriver[] = [
  {
    what: 'notes what it made after it was made',
    check: 'death before a call',
    broken: {
      methods: (toy) => ({
        async create() {
          const id = `${toy.context.storeId}.${toy.context.machineName}`;
          toy.context.signal.throwIfAborted();
          toy.provider.make(`key.${id}`, 'key');
          await toy.note({ KeyId: `key.${id}` });
          await toy.note({ ServerId: `server.${id}` });
          toy.context.signal.throwIfAborted();
          toy.provider.make(toy.values.ServerId, 'on');
        },
      }),
    },
  },
  {
    what: 'knows its server by the answer alone',
    check: 'death after a call',
    broken: {
      methods: (toy) => ({
        async create() {
          const { context, provider } = toy;
          context.signal.throwIfAborted();
          const id = `server.${context.storeId}.${randomUUID()}.${context.machineName}`;
          await context.runner.run('sh', ['-c', 'printf on > "$0"', join(provider.folder, id)], { signal: context.signal });
          toy.values.ServerId = id;
        },
      }),
    },
  },
  {
    what: 'forgets its key when the provider refuses the server',
    check: 'failed create',
    broken: {
      methods: (toy) => ({
        async create() {
          try {
            await whole.create.call(toy);
          } catch (error) {
            if (error instanceof MachineError && error.message === 'no capacity') await toy.note({ KeyId: '', ServerId: '' });
            throw error;
          }
        },
      }),
    },
  },
  {
    what: 'waits for a program whatever its signal says',
    check: 'abort',
    broken: {
      methods: (toy) => ({
        async create() {
          toy.context.signal.throwIfAborted();
          await toy.context.runner.run('true', []);
          await whole.create.call(toy);
        },
      }),
    },
  },
];

const OTHERS: readonly BrokenDriver[] = [
  {
    what: 'gives all machines one address',
    check: 'two at once',
    broken: {
      methods: () => ({ ip: async () => '10.0.0.1', ssh: async () => ({ host: '10.0.0.1', port: 22, user: 'root', keyPath: '' }) }),
    },
  },
  {
    what: 'mixes up callers',
    check: 'concurrent calls',
    broken: {
      methods: (toy) => {
        let asked = 0;
        return {
          async ip() {
            asked += 1;
            const mine = asked;
            await new Promise((resolve) => setTimeout(resolve, 5));
            return asked === mine ? whole.ip.call(toy) : '10.9.9.9';
          },
        };
      },
    },
  },
  {
    what: 'tells other states in one call',
    check: 'states',
    broken: { definition: { states: async (_context, machines) => new Map(machines.map(({ name }) => [name, 'Paused'])) } },
  },
  {
    what: 'makes what it only should plan',
    check: 'plan',
    broken: {
      methods: (toy) => ({
        async plan() {
          toy.provider.make(`planned.${randomUUID()}`, '');
          return ['make a server'];
        },
      }),
    },
  },
  {
    what: "lists another store's objects",
    check: 'owned objects',
    broken: {
      methods: (toy) => ({
        listOwned: async () =>
          toy.provider.list().map((id) => ({ id, machine: id.split('.').at(-1) ?? '', description: id.split('.')[0] ?? '' })),
      }),
    },
  },
  {
    what: 'keeps its token in its state',
    check: 'secrets',
    broken: {
      methods: (toy) => ({
        async create() {
          Object.assign(toy.values, { Token: await toy.context.secret('toy-token') });
          await whole.create.call(toy);
        },
      }),
    },
  },
  {
    what: 'says its token in an error',
    check: 'secrets',
    broken: {
      methods: (toy) => ({
        async create() {
          await whole.create.call(toy).catch((error: Error) => {
            throw new Error(`${error.message} with token ${TOY_SECRET}`, { cause: error });
          });
        },
      }),
    },
  },
  {
    what: 'prints',
    check: 'silence',
    broken: {
      methods: (toy) => ({
        async create() {
          process.stdout.write('made\n');
          await whole.create.call(toy);
        },
      }),
    },
  },
  {
    what: 'leaves a program running',
    check: 'processes',
    broken: {
      methods: (toy) => ({
        async create() {
          await whole.create.call(toy);
          spawn('sleep', ['7'], { detached: true, stdio: 'ignore' }).unref();
        },
      }),
    },
  },
];

export const BROKEN_DRIVERS: readonly BrokenDriver[] = [...DECLARATION, ...LIFE_CYCLE, ...TROUBLE, ...OTHERS];
