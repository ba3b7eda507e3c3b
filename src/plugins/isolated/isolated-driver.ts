import { isMachineError, MachineError, messageOf } from '../../core/errors.ts';
import type { DriverContext, HostContext } from '../../driver/context.ts';
import type { AskedMachine, Driver, DriverDefinition, MachineState, SshEndpoint } from '../../driver/contract.ts';
import { CONTRACT_VERSION } from '../../driver/contract.ts';
import type { FlagValues } from '../../driver/flags.ts';
import type { Platform } from '../../host/platform.ts';
import type { PluginHost } from '../plugin-host.ts';
import type { DriverDescription, Outcome } from './description.ts';
import { DriverThread, type ThreadData } from './driver-thread.ts';

/** Milliseconds that a stopped command waits for the driver to give up, and that `close` may take. */
const ABORT_GRACE = 5_000;
const CLOSE_LIMIT = 2_000;
/** Milliseconds for questions that are no work. */
const QUICK_LIMIT = 60_000;
const QUICK: readonly string[] = ['configure', 'state', 'url', 'ip', 'ssh', 'localPorts'];

/** A driver in a thread, as the host sees any other. The thread is started by the first call that needs it, and anew when it died. */
export function isolatedDefinition(
  described: DriverDescription,
  place: Pick<ThreadData, 'from' | 'module'>,
  host: PluginHost,
): DriverDefinition {
  let current: DriverThread | undefined;
  const thread = () => {
    if (current === undefined || current.ended.aborted) current = new DriverThread(described.name, place, host);
    return current;
  };
  host.atEnd(async () => current?.end());
  const { definitionAbilities, abilities, ...facts } = described;
  return {
    ...facts,
    contract: CONTRACT_VERSION,
    open: (context, state) => new IsolatedDriver(described, thread, context, state),
    ...(definitionAbilities.includes('states') && {
      states: async (context: HostContext, machines: readonly AskedMachine[]) =>
        (await thread().root.states(carried(context, thread()), machines)) as ReadonlyMap<string, MachineState>,
    }),
  };
}

type Methods = Record<string, (...args: unknown[]) => Promise<Outcome>>;

class IsolatedDriver implements Driver {
  private readonly name: string;
  private readonly thread: () => DriverThread;
  private readonly context: DriverContext;
  private known: string | undefined;
  private opened: { readonly thread: DriverThread; readonly methods: Promise<Methods> } | undefined;

  constructor({ name, abilities }: DriverDescription, thread: () => DriverThread, context: DriverContext, state: string | undefined) {
    this.name = name;
    this.thread = thread;
    this.context = context;
    this.known = state;
    for (const method of abilities) Object.assign(this, { [method]: (...args: unknown[]) => this.ask(method, args) });
  }

  /** What the driver said last, or what it was opened with: nothing is asked for it. */
  serialize(): string {
    if (this.known === undefined) throw new Error(`driver ${this.name}: its state is asked for before it was configured`);
    return this.known;
  }

  configure = (flags: FlagValues) => this.ask<void>('configure', [flags]);
  preCreateCheck = () => this.ask<void>('preCreateCheck');
  create = () => this.ask<void>('create');
  remove = () => this.ask<void>('remove');
  start = () => this.ask<void>('start');
  stop = () => this.ask<void>('stop');
  restart = () => this.ask<void>('restart');
  kill = () => this.ask<void>('kill');
  state = () => this.ask<MachineState>('state');
  url = () => this.ask<string>('url');
  ip = () => this.ask<string>('ip');
  ssh = () => this.ask<SshEndpoint | undefined>('ssh');

  async close(): Promise<void> {
    const { opened } = this;
    this.opened = undefined;
    if (!opened || opened.thread.ended.aborted) return;
    const closed = opened.methods.then((methods) => methods.close?.());
    await within(CLOSE_LIMIT, closed, () => opened.thread.end());
  }

  private async ask<T>(method: string, args: readonly unknown[] = []): Promise<T> {
    const { signal } = this.context;
    const { thread, methods } = this.open();
    const call = methods.then(async (found) => {
      const work = found[method];
      if (!work) throw new MachineError('DRIVER_INVALID', `driver ${this.name} has no method ${method}`);
      return thread.watched(work(...args));
    });
    let grace: NodeJS.Timeout | undefined;
    const stop = () => {
      grace = setTimeout(() => thread.end(signal.reason), ABORT_GRACE).unref();
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      const slow = () => {
        const error = new MachineError('DRIVER_TIMEOUT', `driver ${this.name} did not answer ${method} within ${QUICK_LIMIT / 1000} s`);
        void thread.end(error);
        throw error;
      };
      const { state, value, error } = await (QUICK.includes(method) ? within(QUICK_LIMIT, call, slow) : call);
      this.known = state;
      if (error !== undefined) throw blamed(this.name, error);
      return value as T;
    } finally {
      signal.removeEventListener('abort', stop);
      clearTimeout(grace);
    }
  }

  /** The driver in its thread; in a new one, with the last known state, when that has ended. */
  private open() {
    if (this.opened && !this.opened.thread.ended.aborted) return this.opened;
    const thread = this.thread();
    const checkpoint = async (state: string) => {
      this.known = state;
      await this.context.checkpoint(state);
    };
    const methods = thread.root.open({ ...carried(this.context, thread), checkpoint }, this.known);
    this.opened = { thread, methods };
    return this.opened;
  }
}

/** A bug in there is the driver's, not ours. */
function blamed(name: string, error: unknown): unknown {
  return isMachineError(error) ? error : new MachineError('DRIVER_FAILED', `driver ${name}: ${messageOf(error)}`, { cause: error });
}

/** A context that can cross; programs that it ran for a driver end with the driver. */
function carried<C extends HostContext>(context: C, { ended }: DriverThread): C {
  const run: C['runner']['run'] = (file, args, options = {}) =>
    context.runner.run(file, args, { ...options, signal: options.signal ? AbortSignal.any([options.signal, ended]) : ended });
  const { fetch: _local, clock: _too, ...rest } = context;
  return { ...rest, platform: plain(context.platform), runner: { run } } as unknown as C;
}

const plain = (platform: Platform): Platform => ({ ...platform, env: { ...platform.env } });

async function within<T>(milliseconds: number, work: Promise<T>, late: () => T | Promise<T>): Promise<T>;
async function within<T>(milliseconds: number, work: Promise<T>, late: () => unknown): Promise<T | undefined>;
async function within<T>(milliseconds: number, work: Promise<T>, late: () => unknown): Promise<T | undefined> {
  const timer = Promise.withResolvers<undefined>();
  const handle = setTimeout(() => {
    try {
      timer.resolve(late() as undefined);
    } catch (error) {
      timer.reject(error);
    }
  }, milliseconds);
  try {
    return await Promise.race([work, timer.promise]);
  } finally {
    clearTimeout(handle);
  }
}
