/**
 * A driver of a provider that is a folder: a key and a server are files in it. Small enough to be broken in one place at a time;
 * `parts` replaces methods, `order` says what create does first.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AskedMachine,
  type Driver,
  type DriverContext,
  type DriverDefinition,
  type FlagValues,
  type HostContext,
  MachineError,
  type MachineState,
  stringFlag,
} from '../../src/driver/index.ts';
import type { Subject } from '../../src/driver/kit/index.ts';
import { temporaryFolder } from './temporary.ts';

export interface ToyState {
  Folder: string;
  KeyId: string;
  ServerId: string;
}

export const TOY_SECRET = 'toy-token-5ca1ab1e';

export class ToyDriver implements Driver {
  readonly context: DriverContext;
  readonly provider: ToyProvider;
  values: ToyState;

  constructor(context: DriverContext, state: string | undefined, provider: ToyProvider) {
    this.context = context;
    this.provider = provider;
    this.values = state === undefined ? { Folder: '', KeyId: '', ServerId: '' } : (JSON.parse(state) as ToyState);
  }

  serialize(): string {
    return JSON.stringify(this.values);
  }

  async configure(flags: FlagValues): Promise<void> {
    this.values.Folder = stringFlag(flags, 'toy-folder');
  }

  async preCreateCheck(): Promise<void> {
    if (!existsSync(this.values.Folder)) throw new MachineError('TOY', 'no such folder');
  }

  async create(): Promise<void> {
    this.context.signal.throwIfAborted();
    const id = `${this.context.storeId}.${this.context.machineName}`;
    await this.note({ KeyId: `key.${id}` });
    this.context.log.info('Making the key...');
    this.provider.make(this.values.KeyId, 'key');
    await this.note({ ServerId: `server.${id}` });
    this.context.signal.throwIfAborted();
    this.provider.make(this.values.ServerId, 'on');
  }

  async remove(): Promise<void> {
    for (const id of [this.values.ServerId, this.values.KeyId]) if (id !== '') this.provider.remove(id);
  }

  async start(): Promise<void> {
    this.provider.power(this.values.ServerId, 'on');
  }

  async stop(): Promise<void> {
    this.provider.power(this.values.ServerId, 'off');
  }

  async restart(): Promise<void> {
    this.provider.power(this.values.ServerId, 'on');
  }

  async kill(): Promise<void> {
    this.provider.power(this.values.ServerId, 'off');
  }

  async state(): Promise<MachineState> {
    const power = this.provider.read(this.values.ServerId);
    return power === undefined ? 'None' : power === 'on' ? 'Running' : 'Stopped';
  }

  async url(): Promise<string> {
    if ((await this.state()) !== 'Running') throw new MachineError('HOST_NOT_RUNNING', 'Host is not running');
    return `tcp://${await this.ip()}:2376`;
  }

  async ip(): Promise<string> {
    return `10.0.0.${Number(this.context.machineName.replace(/\D/g, '') || 1) % 250}`;
  }

  async ssh() {
    return { host: await this.ip(), port: 22, user: 'root', keyPath: join(this.context.machineDir, 'id_rsa') };
  }

  async close(): Promise<void> {}

  async plan(): Promise<string[]> {
    return ['make a key', 'make a server'];
  }

  async listOwned() {
    const ids = this.provider.list().filter((id) => id.includes(`.${this.context.storeId}.`));
    return ids.map((id) => ({ id, machine: id.split('.').at(-1) ?? '', description: id.split('.')[0] ?? '' }));
  }

  async removeOwned(id: string): Promise<void> {
    this.provider.remove(id);
  }

  async note(values: Partial<ToyState>): Promise<void> {
    Object.assign(this.values, values);
    await this.context.checkpoint(this.serialize());
  }
}

export class ToyProvider {
  readonly folder = temporaryFolder();
  private changes = 0;
  private failing = 0;

  failAt(change: number): void {
    [this.changes, this.failing] = [0, change];
  }

  make(id: string, content: string): void {
    this.changes += 1;
    if (this.changes === this.failing) throw new MachineError('TOY', 'no capacity');
    writeFileSync(join(this.folder, id), content);
  }

  remove(id: string): void {
    rmSync(join(this.folder, id), { force: true });
  }

  power(id: string, power: 'on' | 'off'): void {
    writeFileSync(join(this.folder, id), power);
  }

  read(id: string): string | undefined {
    return id !== '' && existsSync(join(this.folder, id)) ? readFileSync(join(this.folder, id), 'utf8') : undefined;
  }

  list(): string[] {
    return readdirSync(this.folder).sort();
  }
}

export interface ToyBreak {
  /** Replaces parts of the definition. */
  readonly definition?: Partial<DriverDefinition>;
  /** Replaces methods of a driver. */
  readonly methods?: (driver: ToyDriver) => Partial<Record<keyof Driver | 'plan' | 'listOwned' | 'removeOwned', unknown>>;
}

/** The toy as a subject of the kit, whole or with something broken. */
export function toySubject({ definition = {}, methods = () => ({}) }: ToyBreak = {}): Subject & { readonly provider: ToyProvider } {
  const provider = new ToyProvider();
  const driver: DriverDefinition = {
    contract: 1,
    name: 'toy',
    description: 'machines that are files',
    capabilities: { guest: 'distribution', hostKey: 'first-contact', power: true, sharedAddress: false },
    flags: [
      { name: 'toy-folder', type: 'string', env: 'TOY_FOLDER', help: 'the provider' },
      { name: 'toy-token', type: 'string', env: 'TOY_TOKEN', help: 'token of the provider', secret: true },
      { name: 'toy-size', type: 'int', default: 1, help: 'size of the server' },
    ],
    open(context, state) {
      const opened = new ToyDriver(context, state, provider);
      return Object.assign(opened, methods(opened));
    },
    async states(_context: HostContext, machines: readonly AskedMachine[]) {
      const told = machines.map(({ name, state }) => {
        const power = provider.read((JSON.parse(state) as ToyState).ServerId);
        return [name, power === undefined ? 'None' : power === 'on' ? 'Running' : 'Stopped'] as const;
      });
      return new Map<string, MachineState>(told);
    },
    ...definition,
  };
  return {
    driver,
    provider,
    flags: { 'toy-folder': provider.folder, 'toy-token': TOY_SECRET },
    leftovers: () => provider.list(),
    failAt: (change) => provider.failAt(change),
    timeLimit: 10_000,
    abortLimit: 500,
  };
}
