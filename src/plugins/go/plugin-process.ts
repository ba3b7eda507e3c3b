import { connect, type Socket } from 'node:net';
import { MachineError } from '../../core/errors.ts';
import { printableLine } from '../../core/printable.ts';
import { type LineProcess, startLineProcess } from '../../host/line-process.ts';
import type { PluginHost } from '../plugin-host.ts';
import type { GobType, GobValue } from './gob/index.ts';
import { RpcBroken, RpcClient, RpcError } from './rpc/client.ts';

/** docker-machine's limit for a plugin to say where it listens, milliseconds. */
const START_TIMEOUT = 10_000;
/** A plugin ends itself when it hears nothing for 10 s. */
const HEARTBEAT = 3000;
/** An unanswered heartbeat means that its process stands still: Go answers it however busy a driver is. */
const SILENCE = 20_000;
/** For a plugin that was asked to end, milliseconds. */
const END_TIMEOUT = 1000;
/** The plugin protocol's version, and the service's names since 0.5.1 and before. */
const API_VERSION = 1;
const SERVICES = ['RPCServerDriver', 'RpcServerDriver'] as const;

/** Hears a plugin's lines: what its driver tells the user, and everything else. */
export interface PluginListener {
  info(line: string): void;
  debug(line: string): void;
}

/** A running `docker-machine-driver-NAME` with the connection to its driver. */
export class PluginProcess {
  private readonly program: string;
  private readonly host: PluginHost;
  private readonly process: LineProcess;
  private readonly lines: Lines;
  private readonly ended = new AbortController();
  private client: RpcClient | undefined;
  private service: string = SERVICES[0];
  private hung = false;
  private closing: Promise<void> | undefined;

  private constructor(program: string, host: PluginHost, process: LineProcess, lines: Lines) {
    this.program = program;
    this.host = host;
    this.process = process;
    this.lines = lines;
    void process.ended.then(() => this.ended.abort());
  }

  /** Throws `PLUGIN_FAILED` with the plugin's words; nothing is left running then. */
  static async start(program: string, driver: string, host: PluginHost): Promise<PluginProcess> {
    const lines = new Lines();
    const env = { ...host.platform.env, MACHINE_PLUGIN_TOKEN: '42', MACHINE_PLUGIN_DRIVER_NAME: driver };
    const process = await startLineProcess(program, [], { env, onLine: (stream, line) => lines.take(stream, line) });
    const plugin = new PluginProcess(program, host, process, lines);
    host.atEnd(() => plugin.close());
    try {
      await plugin.connect();
    } catch (error) {
      await plugin.close();
      throw error;
    }
    return plugin;
  }

  /** Its lines go here from now on. */
  tell(listener: PluginListener): void {
    this.lines.listener = listener;
  }

  get isOpen(): boolean {
    return this.closing === undefined && !this.ended.signal.aborted;
  }

  /**
   * Calls a method of the driver; `timeout` in milliseconds. Throws `RpcError` with the driver's words, `PLUGIN_FAILED` when the
   * plugin ended, stands still, takes too long or says what is no net/rpc.
   */
  async call(
    method: string,
    { timeout, type, argument }: { timeout?: number; type?: GobType; argument?: GobValue } = {},
  ): Promise<GobValue> {
    if (!this.client || this.closing) throw this.failed(`${method}: it was closed`);
    try {
      const answer = this.client.call(`${this.service}.${method}`, type, argument);
      return await (timeout === undefined ? answer : this.within(timeout, answer, `did not answer ${method} within ${timeout / 1000} s`));
    } catch (error) {
      if (error instanceof RpcBroken) throw await this.broken(method, error);
      throw error;
    }
  }

  /** Asks it to end, ends it when it does not; resolves when it is gone. Idempotent. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async connect(): Promise<void> {
    const address = await this.within(START_TIMEOUT, this.address(), `did not say where it listens within ${START_TIMEOUT / 1000} s`);
    const socket: Socket = connect({ host: address.host, port: address.port, noDelay: true });
    this.client = new RpcClient(socket);
    try {
      await this.within(START_TIMEOUT, this.client.ready(), `did not take a connection within ${START_TIMEOUT / 1000} s`);
      const version = await this.version();
      if (version !== API_VERSION) throw this.failed(`Driver binary uses an incompatible API version (${String(version)})`);
    } catch (error) {
      if (error instanceof RpcBroken) throw await this.broken('the connection', error);
      if (error instanceof RpcError) throw this.failed(`GetVersion: ${error.message}`);
      throw error;
    }
    void this.beat();
  }

  private async address(): Promise<{ host: string; port: number }> {
    const first = await Promise.race([this.lines.first, this.process.ended]);
    if (!this.lines.hasFirst) throw this.failed(`ended (${first}) before it said where it listens`);
    const match = /^(127\.0\.0\.1|\[::1\]|localhost):(\d{1,5})$/.exec(first.trim());
    const [, host = '', port = ''] = match ?? [];
    if (match && Number(port) <= 65_535) return { host: host.replace(/[[\]]/g, ''), port: Number(port) };
    throw this.failed(`expected an address such as 127.0.0.1:4711 in its first line, found ${JSON.stringify(printableLine(first, 100))}`);
  }

  /** Under the name of today's service, else under that of plugins before docker-machine 0.5.1. */
  private async version(): Promise<GobValue> {
    const timeout = START_TIMEOUT;
    try {
      return await this.call('GetVersion', { timeout });
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      this.service = SERVICES[1];
      return this.call('GetVersion', { timeout });
    }
  }

  private async beat(): Promise<void> {
    try {
      for (;;) {
        await this.host.clock.sleep(HEARTBEAT, this.ended.signal);
        await this.within(SILENCE, this.client?.call(`${this.service}.Heartbeat`) ?? Promise.resolve(null), '');
      }
    } catch {
      if (this.closing || this.ended.signal.aborted) return;
      this.hung = true;
      this.process.kill();
      this.client?.close();
    }
  }

  private async end(): Promise<void> {
    const gone = this.process.ended.then(() => true);
    if (this.client && !this.ended.signal.aborted) {
      void this.client.call(`${this.service}.Close`).catch(() => {}); // it may end before it answers
      if (!(await this.doneWithin(END_TIMEOUT, gone))) this.process.kill();
    } else this.process.kill();
    await gone;
    this.client?.close();
  }

  private async doneWithin(timeout: number, done: Promise<unknown>): Promise<boolean> {
    const timer = new AbortController();
    try {
      return await Promise.race([done.then(() => true), this.host.clock.sleep(timeout, timer.signal).then(() => false)]);
    } finally {
      timer.abort();
    }
  }

  private async within<T>(timeout: number, answer: Promise<T>, failure: string): Promise<T> {
    answer.catch(() => {}); // it may fail after its time
    if (await this.doneWithin(timeout, answer)) return answer;
    throw this.failed(failure);
  }

  /** Says how the process ended, when it did. */
  private async broken(method: string, { message, ended }: RpcBroken): Promise<MachineError> {
    if (this.hung) return this.failed(`${method}: it does not answer any more`);
    const gone = ended && (await this.doneWithin(END_TIMEOUT, this.process.ended));
    return this.failed(gone ? `ended (${await this.process.ended}) during ${method}` : `${method}: ${message}`);
  }

  private failed(reason: string): MachineError {
    const words = this.lines.last();
    return new MachineError('PLUGIN_FAILED', `plugin ${this.program}: ${reason}${words === '' ? '' : `; it said: ${words}`}`, {
      hint: 'run the same command with --debug to see all that the plugin says',
    });
  }
}

/** The first line of stdout is the address; what follows is kept until somebody listens, its end for error messages. */
class Lines {
  private readonly came = Promise.withResolvers<string>();
  readonly first = this.came.promise;
  hasFirst = false;
  private early: (readonly ['stdout' | 'stderr', string])[] = [];
  private tail: string[] = [];
  private panic: string | undefined;
  private heard: PluginListener | undefined;

  set listener(listener: PluginListener) {
    this.heard = listener;
    for (const [stream, line] of this.early) this.tell(listener, stream, line);
    this.early = [];
  }

  take(stream: 'stdout' | 'stderr', line: string): void {
    if (stream === 'stdout' && !this.hasFirst) {
      this.hasFirst = true;
      this.came.resolve(line);
      return;
    }
    if (stream === 'stderr') this.tail = [...this.tail.slice(-4), line];
    if (stream === 'stderr' && /^(panic|fatal error):/.test(line)) this.panic ??= line;
    if (this.heard) this.tell(this.heard, stream, line);
    else if (this.early.length < 100) this.early.push([stream, line]);
  }

  /** What a plugin that fails says last; of a Go panic its first line, which comes before a long list of calls. */
  last(): string {
    return printableLine(this.panic ?? this.tail.join(' '));
  }

  private tell(listener: PluginListener, stream: 'stdout' | 'stderr', line: string): void {
    if (stream === 'stdout') listener.info(line);
    else listener.debug(`DBG | ${line}`);
  }
}
