import {
  type BaseState,
  type Driver,
  type DriverContext,
  type FlagValues,
  MachineError,
  type MachineState,
  newBaseState,
  type SshEndpoint,
  stringFlag,
} from 'tsmachine/driver';
import { Api } from './api.ts';

/** What the store keeps of a machine. No secrets: those come from `context.secret`. */
interface State extends BaseState {
  Endpoint: string;
  Size: string;
  /** Names at the provider; '' until we are about to make it. */
  Key: string;
  Server: string;
}

export class NameDriver implements Driver {
  private readonly context: DriverContext;
  private values: State;

  constructor(context: DriverContext, state: string | undefined) {
    this.context = context;
    this.values =
      state === undefined
        ? { ...newBaseState(context), SSHUser: 'root', SSHPort: 22, Endpoint: '', Size: '', Key: '', Server: '' }
        : (JSON.parse(state) as State);
  }

  serialize(): string {
    return JSON.stringify(this.values);
  }

  async configure(flags: FlagValues): Promise<void> {
    this.values.Endpoint = stringFlag(flags, '__name__-endpoint');
    this.values.Size = stringFlag(flags, '__name__-size');
  }

  async preCreateCheck(): Promise<void> {
    if ((await this.context.secret('__name__-token')) !== '') return;
    throw new MachineError('__NAME___TOKEN', 'expected a token, found none', { hint: 'set $__NAME___TOKEN or --__name__-token' });
  }

  async create(): Promise<void> {
    this.context.signal.throwIfAborted();
    const { path, publicLine } = await this.context.sshKey();
    const name = `${this.context.machineName}-${this.context.storeId}`;
    await this.note({ SSHKeyPath: path, Key: name, Server: name });
    this.context.log.info('Making the SSH key...');
    await this.api.makeKey(name, publicLine);
    this.context.log.info('Making the server...');
    await this.api.makeServer(name, name, this.values.Size);
    const server = await this.api.server(name);
    await this.note({ IPAddress: server?.address ?? '' });
  }

  async remove(): Promise<void> {
    const { Server, Key } = this.values;
    if (Server !== '') await this.api.remove('servers', Server);
    if (Key !== '') await this.api.remove('keys', Key);
  }

  async start(): Promise<void> {
    await this.api.power(this.values.Server, 'on');
  }

  async stop(): Promise<void> {
    await this.api.power(this.values.Server, 'off');
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  async kill(): Promise<void> {
    await this.stop();
  }

  async state(): Promise<MachineState> {
    if (this.values.Server === '') return 'None';
    const server = await this.api.server(this.values.Server);
    if (server === undefined) return 'None';
    return server.power === 'on' ? 'Running' : 'Stopped';
  }

  async url(): Promise<string> {
    if ((await this.state()) !== 'Running') throw new MachineError('HOST_NOT_RUNNING', 'Host is not running');
    return `tcp://${this.values.IPAddress}:2376`;
  }

  async ip(): Promise<string> {
    return this.values.IPAddress;
  }

  async ssh(): Promise<SshEndpoint> {
    const { IPAddress, SSHPort, SSHUser, SSHKeyPath } = this.values;
    return { host: IPAddress, port: SSHPort, user: SSHUser, keyPath: SSHKeyPath };
  }

  async close(): Promise<void> {}

  /** What `create --dry-run` prints. */
  async plan(): Promise<string[]> {
    return [`make an SSH key at ${this.values.Endpoint}`, `make a server of size ${this.values.Size}`];
  }

  private get api(): Api {
    return new Api(this.values.Endpoint, this.context);
  }

  /** Kept before what it names is made: `remove` finds it then, whatever happens in between. */
  private async note(values: Partial<State>): Promise<void> {
    Object.assign(this.values, values);
    await this.context.checkpoint(this.serialize());
  }
}
