import { isMachineError, MachineError, messageOf } from '../../core/errors.ts';
import { hide } from '../../core/redaction.ts';
import { newBaseState } from '../../driver/base-state.ts';
import type { DriverContext } from '../../driver/context.ts';
import type { Driver, MachineState, SshEndpoint } from '../../driver/contract.ts';
import type { FlagSpec, FlagValues } from '../../driver/flags.ts';
import { flagsArgument } from './driver-flags.ts';
import { BYTES, type GobType, type GobValue, INTERFACE } from './gob/index.ts';
import type { PluginProcess } from './plugin-process.ts';
import { RpcError } from './rpc/client.ts';

/** libmachine's states by number. */
export const STATES: readonly MachineState[] = [
  'None',
  'Running',
  'Paused',
  'Saved',
  'Stopped',
  'Stopping',
  'Starting',
  'Error',
  'Timeout',
];

/** Milliseconds: for what a plugin answers by itself, and for what it may ask others for. */
const OWN_ANSWER = 10_000;
const QUESTION = 120_000;
/** Between two looks at what a driver that makes a machine has noted by now. */
const LOOK = 1000;
/** For a create that was interrupted to note what it is making: what has no name in the state is never removed. */
const GRACE = 5000;
/** For a machine to stop after the plugin said that it will. */
const STOP_TIMEOUT = 180_000;

/** Flags whose values do not belong into logs. */
const SECRET = /(token|secret|passw(or)?d|api-?key|access-key)/i;

interface Call {
  readonly timeout?: number;
  readonly type?: GobType;
  readonly argument?: GobValue;
}

/** One machine of a docker-machine plugin. Its process starts at the first question and serves until `close`. */
export class GoDriver implements Driver {
  private readonly context: DriverContext;
  private readonly flags: readonly FlagSpec[];
  private readonly open: () => Promise<PluginProcess>;
  private text: string;
  private plugin: Promise<PluginProcess> | undefined;

  constructor(context: DriverContext, state: string | undefined, flags: readonly FlagSpec[], open: () => Promise<PluginProcess>) {
    this.context = context;
    this.flags = flags;
    this.open = open;
    this.text = state ?? JSON.stringify(newBaseState(context));
  }

  serialize(): string {
    return this.text;
  }

  async configure(values: FlagValues): Promise<void> {
    for (const { name } of this.flags) {
      const value = values[name];
      if (SECRET.test(name) && typeof value === 'string') hide(value);
    }
    await this.act('SetConfigFromFlags', { type: INTERFACE, argument: flagsArgument(this.flags, values), timeout: QUESTION });
  }

  preCreateCheck = () => this.act('PreCreateCheck');
  remove = () => this.act('Remove');
  restart = () => this.act('Restart');
  kill = () => this.act('Kill');

  /** What the driver notes of the machine while it makes it is stored as it comes: it lives in the plugin alone. */
  async create(): Promise<void> {
    const { clock, signal, log } = this.context;
    const made = this.ask('Create');
    const watch = new AbortController();
    const watched = this.watch(watch.signal);
    try {
      await untilAborted(made, signal);
    } catch (error) {
      if (signal.aborted) {
        log.info('Waiting for the driver to note what it has begun...');
        await Promise.race([made, clock.sleep(GRACE)]).catch(() => {});
      }
      await this.noted().catch(() => {}); // a plugin that is gone: told by the error
      throw error;
    } finally {
      watch.abort();
      await watched;
    }
    await this.noted();
  }

  async start(): Promise<void> {
    if ((await this.state()) !== 'Running') await this.act('Start');
  }

  async stop(): Promise<void> {
    const { clock, signal } = this.context;
    if ((await this.state()) === 'Stopped') return;
    await this.act('Stop');
    for (const limit = clock.now() + STOP_TIMEOUT; (await this.state()) !== 'Stopped'; await clock.sleep(1000, signal))
      if (clock.now() > limit)
        throw new MachineError(
          'STATE_TIMEOUT',
          `expected the machine to stop within ${STOP_TIMEOUT / 1000} s, found ${await this.state()}`,
        );
  }

  async state(): Promise<MachineState> {
    const number = await this.number('GetState');
    const state = STATES[number];
    if (state === undefined)
      throw new MachineError('PLUGIN_FAILED', `GetState: expected a state of 0 to ${STATES.length - 1}, found ${number}`);
    return state;
  }

  url = () => this.words('GetURL');
  ip = () => this.words('GetIP');

  async ssh(): Promise<SshEndpoint> {
    const [host, port, user, keyPath] = await Promise.all([
      this.words('GetSSHHostname'),
      this.number('GetSSHPort'),
      this.words('GetSSHUsername'),
      this.words('GetSSHKeyPath'),
    ]);
    return { host, port, user, keyPath };
  }

  async close(): Promise<void> {
    const plugin = this.plugin;
    this.plugin = undefined;
    await (await plugin?.catch(() => undefined))?.close();
  }

  /** What changes the machine or the driver's state, which is taken over afterwards, also when it failed. */
  private async act(method: string, call: Call = {}): Promise<void> {
    try {
      await untilAborted(this.ask(method, call), this.context.signal);
    } catch (error) {
      if (!(isMachineError(error) && error.code === 'PLUGIN_FAILED')) await this.refresh().catch(() => {});
      throw error;
    }
    await this.refresh();
  }

  private async refresh(): Promise<void> {
    const answer = await this.ask('GetConfigRaw', { timeout: OWN_ANSWER });
    this.text = stateText(answer);
  }

  /** Ends when `signal` is aborted or the plugin is gone. */
  private async watch(signal: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.context.clock.sleep(LOOK, signal);
        await this.noted();
      }
    } catch (error) {
      if (!signal.aborted) this.context.log.debug(`The driver's state is no longer followed: ${messageOf(error)}`);
    }
  }

  private async noted(): Promise<void> {
    const before = this.text;
    await this.refresh();
    if (this.text !== before) await this.context.checkpoint(this.text);
  }

  private async words(method: string): Promise<string> {
    const answer = await untilAborted(this.ask(method, { timeout: QUESTION }), this.context.signal);
    if (typeof answer === 'string') return answer;
    throw new MachineError('PLUGIN_FAILED', `${method}: expected a text, found ${typeof answer}`);
  }

  private async number(method: string): Promise<number> {
    const answer = await untilAborted(this.ask(method, { timeout: QUESTION }), this.context.signal);
    if (typeof answer === 'number') return answer;
    throw new MachineError('PLUGIN_FAILED', `${method}: expected a number, found ${typeof answer}`);
  }

  private async ask(method: string, call: Call = {}): Promise<GobValue> {
    this.plugin ??= this.opened();
    try {
      return await (await this.plugin).call(method, call);
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      throw error.message.trim() === 'Host is not running'
        ? new MachineError('HOST_NOT_RUNNING', 'Host is not running')
        : new MachineError('DRIVER_FAILED', error.message.trim(), { cause: error });
    }
  }

  private async opened(): Promise<PluginProcess> {
    this.context.signal.throwIfAborted();
    const plugin = await this.open();
    try {
      plugin.tell(this.context.log);
      await plugin.call('SetConfigRaw', { type: BYTES, argument: Buffer.from(this.text), timeout: OWN_ANSWER });
      return plugin;
    } catch (error) {
      await plugin.close();
      throw error instanceof RpcError
        ? new MachineError('DRIVER_STATE', `the plugin does not take its driver's state: ${error.message}`)
        : error;
    }
  }
}

/** A JSON object, kept as the plugin wrote it. */
function stateText(answer: GobValue): string {
  try {
    if (!(answer instanceof Uint8Array)) throw new Error(`found ${typeof answer}`);
    const text = new TextDecoder('utf-8', { fatal: true }).decode(answer);
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return text;
    throw new Error('found another value');
  } catch (error) {
    throw new MachineError('PLUGIN_FAILED', `GetConfigRaw: expected a JSON object: ${messageOf(error)}`);
  }
}

/** Rejects with the signal's reason as soon as it is aborted; the plugin goes on with what it does until it is closed. */
async function untilAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  answer.catch(() => {});
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([answer, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
