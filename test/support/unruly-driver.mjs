/** A driver package's module that misbehaves as its flag says; a machine is a file in the folder that another flag names. */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MachineError } from 'tsmachine/driver';

const never = () => new Promise(() => {});
const deeds = {
  none: async () => {},
  throw: async () => {
    throw new Error('a bug of the driver');
  },
  refuse: async () => {
    throw new MachineError('NO_QUOTA', 'expected room for one more, found none', { hint: 'remove one' });
  },
  exit: async () => process.exit(7),
  reject: async () => {
    void Promise.reject(new Error('nobody listens'));
    await never();
  },
  crash: async () => {
    setTimeout(() => {
      throw new Error('thrown from a timer');
    });
    await never();
  },
  loop: async () => {
    for (;;);
  },
  hang: never,
  print: async () => {
    process.stdout.write('printed on stdout\n');
    console.error('printed on stderr');
  },
  memory: async () => {
    const kept = [];
    for (;;) kept.push(new Array(1_000_000).fill(kept.length));
  },
  garbage: async () => ({
    self: () => {},
    symbol: Symbol('x'),
    get twice() {
      throw new Error('a getter that throws');
    },
  }),
};

class Unruly {
  constructor(context, state) {
    this.context = context;
    this.values = state === undefined ? { Folder: '', At: '', Deed: 'none', Server: '' } : JSON.parse(state);
  }
  serialize() {
    return JSON.stringify(this.values);
  }
  async configure(flags) {
    Object.assign(this.values, { Folder: flags['unruly-folder'], At: flags['unruly-at'], Deed: flags['unruly-deed'] });
    await this.misbehave('configure');
  }
  async preCreateCheck() {
    await this.misbehave('check');
  }
  async create() {
    this.values.Server = join(this.values.Folder, this.context.machineName);
    await this.context.checkpoint(this.serialize());
    writeFileSync(this.values.Server, 'on');
    await this.misbehave('create');
  }
  async remove() {
    if (this.values.Server !== '') rmSync(this.values.Server, { force: true });
    await this.misbehave('remove');
  }
  async start() {}
  async stop() {
    await this.misbehave('stop');
  }
  async restart() {}
  async kill() {}
  async state() {
    await this.misbehave('state');
    return existsSync(this.values.Server) ? 'Running' : 'None';
  }
  async url() {
    await this.misbehave('url');
    return 'tcp://127.0.0.1:9';
  }
  async ip() {
    return '127.0.0.1';
  }
  async ssh() {
    return undefined;
  }
  async close() {
    await this.misbehave('close');
  }
  async misbehave(at) {
    if (this.values.At === at) await deeds[this.values.Deed]();
  }
}

export default {
  contract: 1,
  name: 'unruly',
  description: 'does what no driver should',
  capabilities: { guest: 'none', hostKey: 'none', power: true, sharedAddress: false },
  flags: [
    { name: 'unruly-folder', type: 'string', help: 'where machines are' },
    { name: 'unruly-at', type: 'string', help: 'in which method' },
    { name: 'unruly-deed', type: 'string', default: 'none', help: 'what it does' },
  ],
  open: (context, state) => new Unruly(context, state),
};
