/** Makes calls of a context fail, end or hang, one at a time: each is a line at which the process may die or the user press Ctrl-C. */
import { MachineError } from '../../core/errors.ts';
import type { DriverContext } from '../context.ts';

/** What happens at a call. After `lost` and `refused` nothing else works: as seen from the store the process died there. */
export type Trouble =
  /** The call is never made. */
  | 'refused'
  /** The call is made, its answer never arrives. */
  | 'lost'
  /** The call waits until its own signal is aborted. */
  | 'hanging';

export interface Interference {
  /** The so-manieth call, from 1; 0: none. */
  readonly at: number;
  readonly trouble: Trouble;
  /** Told when a call hangs. */
  readonly onHang?: () => void;
}

/** Calls through the context so far. */
export interface CallLog {
  readonly calls: string[];
}

export const KILLED = 'the process died here';

export function interfered(context: DriverContext, log: CallLog, { at, trouble, onHang = () => {} }: Interference): DriverContext {
  let dead = false;
  const through = async <T>(what: string, work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
    if (dead) throw new MachineError('KILLED', KILLED);
    const isIt = log.calls.push(what) === at;
    if (isIt && trouble === 'hanging') return hang(signal, onHang);
    if (isIt) dead = true;
    if (isIt && trouble === 'refused') throw new MachineError('KILLED', KILLED);
    const answer = await work();
    if (dead) throw new MachineError('KILLED', KILLED);
    return answer;
  };
  const { signal } = context;
  return {
    ...context,
    fetch: (input, init) => {
      const request = input instanceof Request ? input : undefined;
      const what = `fetch ${init?.method ?? request?.method ?? 'GET'} ${new URL(request?.url ?? String(input)).pathname}`;
      return through(what, () => context.fetch(input, init), init?.signal ?? request?.signal ?? undefined);
    },
    runner: { run: (file, args, options) => through(`run ${file}`, () => context.runner.run(file, args, options), options?.signal) },
    checkpoint: (state) => through('checkpoint', () => context.checkpoint(state), signal),
    tempDir: () => through('tempDir', () => context.tempDir(), signal),
    bootImage: (reference) => through('bootImage', () => context.bootImage(reference), signal),
    identity: (request) => through('identity', () => context.identity(request), signal),
    sshKey: () => through('sshKey', () => context.sshKey(), signal),
    runRemote: (endpoint, words, options) => through('runRemote', () => context.runRemote(endpoint, words, options), signal),
    reachable: (endpoint, timeout) => through('reachable', () => context.reachable(endpoint, timeout), signal),
    supervise: (vm) => through('supervise', () => context.supervise(vm), signal),
  };
}

/** As a call that never ends does: only the signal it was given ends it. */
function hang(signal: AbortSignal | undefined, onHang: () => void): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
    setImmediate(onHang);
  });
}
