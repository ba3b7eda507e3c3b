/** A connection to a machine, over its jump hosts when it has any. */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { MachineError, messageOf } from '../core/errors.ts';
import type { SshAccess } from './access.ts';
import { connectSsh } from './connect.ts';
import { placeOf } from './destination.ts';
import { type HostKeyPolicy, hostKeyPolicy } from './host-key-policy.ts';
import { KeyRing } from './key-ring.ts';
import { type Hop, routeTo } from './route.ts';

export interface SshConnection {
  readonly client: Client;
  /** Ends it and the connections it runs through. */
  close(): void;
}

export interface ConnectionOptions {
  readonly forwardAgent?: boolean;
  readonly compress?: boolean;
}

const TIMEOUT = 30_000;

/** Throws `SSH_KEY`, `SSH_HOST_KEY`, `SSH_CONFIG`, `SSH_JUMP`, `SSH_FAILED`. */
export async function openConnection(access: SshAccess, signal: AbortSignal, options: ConnectionOptions = {}): Promise<SshConnection> {
  const clients: Client[] = [];
  const close = () => {
    for (const client of clients.toReversed()) client.end();
  };
  try {
    const route = await routeTo(access, signal);
    for (const hop of route)
      clients.push(await connectHop(hop, { access, signal, options: hop === route.at(-1) ? options : {}, before: clients.at(-1) }));
    return { client: clients.at(-1) as Client, close };
  } catch (error) {
    for (const client of clients) client.destroy();
    throw error;
  }
}

const KINDS = ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521', 'ssh-rsa'];

/** The machine's host keys as it shows them now, one of each kind it has; nobody logs in. Throws as `openConnection`. */
export async function shownHostKeys(access: SshAccess, signal: AbortSignal): Promise<string[]> {
  return beforeMachine(access, signal, async (hop, context) => {
    const shown: string[] = [];
    let problem: unknown;
    for (const kind of KINDS) {
      const accept = async (key: string) => void shown.push(key);
      await showKey(hop, { kinds: [kind], accept }, context).catch((error) => {
        problem = error;
      });
      signal.throwIfAborted();
    }
    if (shown.length === 0) throw problem;
    return shown;
  });
}

/** Has the machine's host key checked, and at first contact pinned, without a login. Throws as `openConnection`. */
export function checkHostKey(access: SshAccess, signal: AbortSignal): Promise<void> {
  return beforeMachine(access, signal, async (hop, context) => showKey(hop, await hostKeyPolicy(hop), context));
}

/** Connects to the last server before the machine, if there is one, for `work`. */
async function beforeMachine<T>(access: SshAccess, signal: AbortSignal, work: (hop: Hop, context: HopContext) => Promise<T>): Promise<T> {
  const clients: Client[] = [];
  try {
    const route = await routeTo(access, signal);
    const contextOf = () => ({ access, signal, options: {}, before: clients.at(-1) });
    for (const hop of route.slice(0, -1)) clients.push(await connectHop(hop, contextOf()));
    return await work(route.at(-1) as Hop, contextOf());
  } finally {
    for (const client of clients.toReversed()) client.end();
  }
}

/** Connects until the key was judged. */
async function showKey(hop: Hop, policy: HostKeyPolicy, context: HopContext): Promise<void> {
  const enough = new MachineError('SSH_FAILED', 'the key was shown');
  const accept = async (key: string) => {
    await policy.accept(key);
    throw enough;
  };
  await connectHop({ ...hop, keyPath: '', keyFiles: [], agent: undefined }, context, { ...policy, accept }).catch((error) => {
    if (error !== enough) throw error;
  });
}

interface HopContext {
  readonly access: SshAccess;
  readonly signal: AbortSignal;
  readonly options: ConnectionOptions;
  /** The connection this one goes through. */
  readonly before: Client | undefined;
}

async function connectHop(hop: Hop, { access, signal, options, before }: HopContext, policy?: HostKeyPolicy): Promise<Client> {
  const { platform, ask } = access;
  return connectSsh({
    dial: () => (before ? through(before, hop) : connect({ host: hop.host, port: hop.port, noDelay: true })), // by itself ssh2 waits 40 ms on each question
    user: hop.user,
    place: `${hop.user}@${placeOf(hop.host, hop.port)}`,
    keys: (asking) =>
      KeyRing.collect({
        files: hop.keyFiles,
        required: hop.keyPath !== '',
        agent: hop.agent,
        filesOnly: hop.filesOnly,
        platform,
        ask: asking,
        passphrases: access.passphrases ?? new Map(),
      }),
    keyPath: hop.keyPath,
    hostKeys: policy ?? (await hostKeyPolicy(hop)),
    ask,
    timeout: access.timeout ?? hop.connectTimeout ?? TIMEOUT,
    nested: before !== undefined,
    emulated: access.emulated ?? false,
    signal,
    ...(options.compress ? { compress: true } : {}),
    ...(options.forwardAgent && hop.agent !== undefined ? { forwardedAgent: hop.agent } : {}),
  });
}

function through(client: Client, { host, port }: Hop): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const refused = (error: Error) =>
      new MachineError('SSH_FAILED', `the jump host does not reach ${placeOf(host, port)}: ${messageOf(error)}`, { cause: error });
    client.once('close', () => reject(refused(new Error('its connection broke'))));
    client.forwardOut('127.0.0.1', 0, host, port, (error, channel) => (error ? reject(refused(error)) : resolve(channel)));
  });
}
