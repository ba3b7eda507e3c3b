/** Ways to a machine's engine: its address, or over SSH where jump hosts lead to the machine. */
import { isMachineError } from '../core/errors.ts';
import type { Capabilities, SshEndpoint } from '../driver/contract.ts';
import type { EngineTarget } from './engine-client.ts';
import { engineAddress, NoAnswer } from './engine-connection.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';

/** How long an address may say nothing before jump hosts are thought of, milliseconds. */
export const HEAD_START = 1_000;

export interface EnginePlace {
  readonly endpoint: SshEndpoint | undefined;
  readonly url: string;
  readonly guest: Capabilities['guest'];
}

type EnginePath = Pick<EngineTarget, 'dial'>;

/** The way to the engine of a machine behind jump hosts: to its port on the machine itself. Of other machines: nothing special. */
export async function withEnginePath<T>(
  host: MachinesHost,
  entry: MachineEntry,
  place: EnginePlace,
  signal: AbortSignal,
  work: (path: EnginePath) => Promise<T>,
): Promise<T> {
  const endpoint = await beyondJumps(host, entry, place, signal);
  return endpoint ? overSsh(host, entry, { endpoint, url: place.url }, signal, work) : work({});
}

/**
 * Asks at the engine's address, which a VPN may lead to, and where nobody answers there and jump hosts lead to the machine, over
 * SSH. Throws what `ask` throws, and as `MachineSsh.connect`.
 */
export async function askEngine<T>(
  host: MachinesHost,
  entry: MachineEntry,
  place: EnginePlace,
  ask: (path: EnginePath, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clock, signal } = host.options;
  const direct = new AbortController();
  const first = ask({}, AbortSignal.any([signal, direct.signal]));
  const unanswered = first.then(
    () => false,
    (error) => (error as Error).cause instanceof NoAnswer,
  );
  const late = clock.sleep(HEAD_START, direct.signal).then(
    () => true,
    () => false,
  );
  try {
    const endpoint = (await Promise.race([unanswered, late])) ? await beyondJumps(host, entry, place, signal) : undefined;
    if (!endpoint) return await first;
    return await overSsh(host, entry, { endpoint, url: place.url }, signal, (path) => ask(path, signal));
  } finally {
    direct.abort();
  }
}

/** Where SSH ends, when it goes over jump hosts: those of the machine, or of ssh_config. */
async function beyondJumps(host: MachinesHost, entry: MachineEntry, { endpoint, guest }: EnginePlace, signal: AbortSignal) {
  if (!endpoint || guest !== 'distribution') return undefined;
  if (entry.record.sshProxyJump !== undefined) return entry.record.sshProxyJump === 'none' ? undefined : endpoint;
  const { routeTo } = await import('../ssh/route.ts');
  const { sshAccess } = await import('./machine-ssh.ts');
  try {
    return (await routeTo(sshAccess(host, entry, endpoint), signal)).length > 1 ? endpoint : undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (!isMachineError(error)) throw error;
    return undefined; // a way that the built-in SSH does not know
  }
}

async function overSsh<T>(
  host: MachinesHost,
  entry: MachineEntry,
  { endpoint, url }: { readonly endpoint: SshEndpoint; readonly url: string },
  signal: AbortSignal,
  work: (path: EnginePath) => Promise<T>,
): Promise<T> {
  const { connectTo } = await import('../ssh/index.ts');
  const { openChannel } = await import('../ssh/forwards/channels.ts');
  const { sshAccess } = await import('./machine-ssh.ts');
  const { port } = engineAddress(url);
  const connection = await connectTo(sshAccess(host, entry, endpoint), signal);
  try {
    return await work({ dial: () => openChannel(connection.client, { host: '127.0.0.1', port }) });
  } finally {
    connection.close();
  }
}
