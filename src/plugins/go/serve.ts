/** The other side: a driver of ours served as docker-machine's plugins are (docker/machine, libmachine/drivers/plugin and rpc). */
import { createServer, type Server, type Socket } from 'node:net';
import type { Clock } from '../../core/clock.ts';
import { isMachineError, MachineError, messageOf } from '../../core/errors.ts';
import type { Driver } from '../../driver/contract.ts';
import type { FlagSpec } from '../../driver/flags.ts';
import { flagsAnswer, flagValues } from './driver-flags.ts';
import { STATES } from './go-driver.ts';
import { BYTES, type GobType, type GobValue, INT, STRING } from './gob/index.ts';
import { type RpcMethod, type RpcResult, serveRpc } from './rpc/server.ts';

/** A plugin that hears nothing for so long ends, milliseconds. */
const HEARTBEAT_TIMEOUT = 10_000;

export interface ServedDriver {
  /** As docker-machine shall know it. */
  readonly name: string;
  readonly flags: readonly FlagSpec[];
  /** The driver of a machine; `state` is undefined for a new one. */
  open(machine: { readonly name: string; readonly storePath: string }, state: string | undefined): Promise<ServedMachine>;
}

export interface ServedMachine {
  readonly driver: Driver;
  /** Runs `work`, which changes the machine, while nobody else does; `starts`: and waits until the guest is ready. */
  change(work: () => Promise<void>, options: { readonly starts: boolean }): Promise<void>;
  close(): Promise<void>;
}

export interface ServeOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Writes the line that says where it listens. */
  say(line: string): void;
}

/** Serves until the caller says Close, or says nothing for 10 s, or `signal` is aborted; gives the exit code. */
export async function servePlugin(served: ServedDriver, { clock, signal, say }: ServeOptions): Promise<number> {
  const ends = Promise.withResolvers<number>();
  const methods = new DriverMethods(served, () => ends.resolve(0));
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket.once('close', () => sockets.delete(socket)));
    void serveRpc(socket, (name) => methods.find(name));
  });
  signal.addEventListener('abort', () => ends.resolve(1), { once: true });
  say(await listen(server));
  const silent = new AbortController();
  void (async () => {
    for (let heard = -1; heard !== methods.heartbeats; await clock.sleep(HEARTBEAT_TIMEOUT, silent.signal)) heard = methods.heartbeats;
    ends.resolve(1);
  })().catch(() => {});
  try {
    return await ends.promise;
  } finally {
    silent.abort();
    server.close();
    for (const socket of sockets) socket.end();
    await methods.close();
  }
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return `127.0.0.1:${address.port}`;
}

/** The methods of libmachine's RPCServerDriver. */
class DriverMethods {
  heartbeats = 0;
  private readonly served: ServedDriver;
  private readonly end: () => void;
  private state = '{}';
  private machine: Promise<ServedMachine> | undefined;

  constructor(served: ServedDriver, end: () => void) {
    this.served = served;
    this.end = end;
  }

  find(name: string): RpcMethod | undefined {
    const [service, method = ''] = name.split('.');
    const found = service === 'RPCServerDriver' || service === 'RpcServerDriver' ? this.methods.get(method) : undefined;
    return found && ((argument) => found(argument).catch(tell));
  }

  async close(): Promise<void> {
    await (await this.machine?.catch(() => undefined))?.close();
  }

  private readonly methods: ReadonlyMap<string, RpcMethod> = new Map<string, RpcMethod>([
    ['GetVersion', async () => result(INT, 1)],
    ['DriverName', async () => result(STRING, this.served.name)],
    ['GetMachineName', async () => result(STRING, this.identity.name)],
    ['GetCreateFlags', async () => flagsAnswer(this.served.flags)],
    ['SetConfigRaw', (argument) => this.setState(argument)],
    ['GetConfigRaw', async () => result(BYTES, Buffer.from(await this.stateNow()))],
    ['SetConfigFromFlags', (argument) => this.act((driver) => driver.configure(flagValues(this.served.flags, argument)))],
    ['PreCreateCheck', () => this.act((driver) => driver.preCreateCheck())],
    ['Create', () => this.change((driver) => driver.create(), true)],
    ['Remove', () => this.change((driver) => driver.remove())],
    ['Start', () => this.change((driver) => driver.start(), true)],
    ['Stop', () => this.change((driver) => driver.stop())],
    ['Restart', () => this.change((driver) => driver.restart(), true)],
    ['Kill', () => this.change((driver) => driver.kill())],
    ['GetState', () => this.ask(INT, async (driver) => STATES.indexOf(await driver.state()))],
    ['GetURL', () => this.ask(STRING, (driver) => driver.url())],
    ['GetIP', () => this.ask(STRING, (driver) => driver.ip())],
    ['GetSSHHostname', () => this.ask(STRING, async (driver) => (await sshOf(driver)).host)],
    ['GetSSHPort', () => this.ask(INT, async (driver) => (await sshOf(driver)).port || 22)],
    ['GetSSHUsername', () => this.ask(STRING, async (driver) => (await sshOf(driver)).user || 'root')],
    ['GetSSHKeyPath', () => this.ask(STRING, async (driver) => (await sshOf(driver)).keyPath)],
    ['Heartbeat', () => this.heard()],
    ['Close', async () => void setImmediate(this.end)], // the answer goes out first
  ]);

  private async heard(): Promise<undefined> {
    this.heartbeats++;
    return undefined;
  }

  private get identity(): { name: string; storePath: string } {
    const { MachineName, StorePath } = JSON.parse(this.state) as Record<string, unknown>;
    return { name: typeof MachineName === 'string' ? MachineName : '', storePath: typeof StorePath === 'string' ? StorePath : '' };
  }

  private async setState(argument: GobValue): Promise<undefined> {
    const text = Buffer.from(argument instanceof Uint8Array ? argument : []).toString('utf8');
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('SetConfigRaw: expected a JSON object');
    await this.close();
    this.machine = undefined;
    this.state = text;
    return undefined;
  }

  private async stateNow(): Promise<string> {
    return this.machine ? (await this.machine).driver.serialize() : this.state;
  }

  private async act(work: (driver: Driver) => Promise<void>): Promise<undefined> {
    await work((await this.opened()).driver);
    return undefined;
  }

  private async change(work: (driver: Driver) => Promise<void>, starts = false): Promise<undefined> {
    const { driver, change } = await this.opened();
    await change(() => work(driver), { starts });
    return undefined;
  }

  private async ask(type: GobType, question: (driver: Driver) => Promise<GobValue>): Promise<RpcResult> {
    return result(type, await question((await this.opened()).driver));
  }

  private opened(): Promise<ServedMachine> {
    this.machine ??= this.served.open(this.identity, isNew(this.state) ? undefined : this.state);
    return this.machine;
  }
}

const result = (type: GobType, value: GobValue): RpcResult => ({ type, value });

/** What docker-machine says of a machine that is to be made: its BaseDriver and nothing of a driver's own. */
const BASE = /^(IPAddress|MachineName|SSHUser|SSHPort|SSHKeyPath|StorePath|SwarmMaster|SwarmHost|SwarmDiscovery)$/;
const isNew = (state: string): boolean => Object.keys(JSON.parse(state) as object).every((key) => BASE.test(key));

async function sshOf(driver: Driver) {
  const endpoint = await driver.ssh();
  if (endpoint) return endpoint;
  throw new MachineError('NO_SSH', 'the driver has no SSH');
}

/** All that fits into an answer: the text. */
function tell(error: unknown): never {
  throw new Error(isMachineError(error) && error.hint !== undefined ? `${error.message} (${error.hint})` : messageOf(error));
}
