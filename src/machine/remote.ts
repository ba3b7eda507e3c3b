/** Ways into a machine for provisioning and drivers. */
import { connect } from 'node:net';
import { isMachineError, MachineError, messageOf } from '../core/errors.ts';
import type { RemoteOutcome } from '../driver/context.ts';
import type { Capabilities, SshEndpoint } from '../driver/contract.ts';
import type { OpenRemoteShell } from '../ssh/index.ts';
import { HEAD_START } from './engine-path.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';

/** For a guest to let us in, milliseconds. */
const LOGIN_TIMEOUT = 300_000;

/** One connection, made as soon as the machine lets us in. Throws what SSH says: at once what waiting does not mend. */
export async function openShell(
  host: MachinesHost,
  entry: MachineEntry,
  endpoint: SshEndpoint,
  signal: AbortSignal,
  guest: Capabilities['guest'] = 'distribution',
): Promise<OpenRemoteShell> {
  const { clock } = host.options;
  const limit = clock.now() + LOGIN_TIMEOUT;
  for (;;) {
    try {
      return telling(await openOnce(host, entry, endpoint, signal, guest));
    } catch (error) {
      signal.throwIfAborted();
      // what tells what to do about it is not mended by waiting: a server that is too old
      if (!isMachineError(error) || error.code !== 'SSH_FAILED' || error.hint !== undefined) throw error;
      if (clock.now() > limit)
        throw new MachineError('SSH_FAILED', `Too many retries waiting for SSH to be available.  Last error: ${messageOf(error)}`, {
          cause: error,
          hint: 'see that its SSH server runs and that this computer reaches it; then run the same command again',
        });
    }
    await clock.sleep(1000, signal);
  }
}

/** A connection that breaks is no reason to think that anything is lost. */
function telling(shell: OpenRemoteShell): OpenRemoteShell {
  const lost = (error: unknown) => {
    if (!isMachineError(error) || error.code !== 'SSH_FAILED' || error.hint !== undefined) throw error;
    throw new MachineError(error.code, error.message, { cause: error, hint: 'run the same command again: it goes on from there' });
  };
  return { run: (words, options) => shell.run(words, options).catch(lost), close: () => shell.close() };
}

/** With the client that the user chose. */
async function openOnce(
  host: MachinesHost,
  entry: MachineEntry,
  endpoint: SshEndpoint,
  signal: AbortSignal,
  guest: Capabilities['guest'],
): Promise<OpenRemoteShell> {
  const { sshAccess } = await import('./machine-ssh.ts');
  const access = sshAccess(host, entry, endpoint, guest);
  if (host.options.nativeSsh === false) return (await import('./external-shell.ts')).externalShell(host, entry, access, signal);
  return (await import('../ssh/index.ts')).openRemoteShell(access, signal);
}

/** See `DriverContext.runRemote`. */
export async function runRemote(
  host: MachinesHost,
  entry: MachineEntry,
  endpoint: SshEndpoint,
  words: readonly string[],
  asRoot: boolean,
  signal: AbortSignal,
): Promise<RemoteOutcome> {
  const shell = await openOnce(host, entry, endpoint, signal, 'distribution');
  try {
    if (!asRoot) return await shell.run(words);
    const { readFacts, rootShell } = await import('../provision/index.ts');
    const root = await rootShell(workplace(host, shell, signal), await readFacts(shell));
    return await root.run(words);
  } finally {
    shell.close();
  }
}

export function workplace(host: MachinesHost, shell: OpenRemoteShell, signal: AbortSignal) {
  const { log, clock, ask } = host.options;
  return { shell, log, clock, signal, ...(ask === undefined ? {} : { ask }) };
}

/** See `DriverContext.reachable`. */
export async function reachable(
  host: MachinesHost,
  entry: MachineEntry,
  endpoint: SshEndpoint,
  timeout: number,
  signal: AbortSignal,
): Promise<boolean> {
  const { clock } = host.options;
  const started = clock.now();
  const waiting = new AbortController();
  const isDirect = entry.record.sshProxyJump === undefined;
  const direct = isDirect ? answers({ host: endpoint.host, port: endpoint.port || 22 }, timeout) : Promise.resolve(false);
  const late = clock.sleep(HEAD_START, AbortSignal.any([signal, waiting.signal])).catch(() => {});
  const early = await Promise.race([direct, late]); // an address behind jump hosts may say nothing at all
  waiting.abort();
  signal.throwIfAborted();
  if (early) return true;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(Math.max(1, timeout - (clock.now() - started)))]);
  try {
    return (await answersOnItsWay(host, entry, endpoint, limit, timeout)) || (await direct);
  } catch (error) {
    signal.throwIfAborted();
    if (isMachineError(error) && ['SSH_PROXY_COMMAND', 'SSH_CONFIG', 'SSH_JUMP'].includes(error.code)) throw error; // not known then
    // somebody answers; what is wrong with it the next login tells
    return (isMachineError(error) && ['SSH_HOST_KEY', 'SSH_DENIED', 'SSH_KEY'].includes(error.code)) || direct;
  }
}

/** Where ssh_config or jump hosts say another way than the one to the address itself. */
async function answersOnItsWay(host: MachinesHost, entry: MachineEntry, endpoint: SshEndpoint, signal: AbortSignal, timeout: number) {
  const login = async () => (await runRemote(host, entry, endpoint, ['true'], false, signal)).exitCode === 0;
  if (host.options.nativeSsh === false) return login(); // only the client knows its way
  const { routeTo } = await import('../ssh/route.ts');
  const { sshAccess } = await import('./machine-ssh.ts');
  const route = await routeTo(sshAccess(host, entry, endpoint), signal);
  const machine = route.at(-1);
  if (!machine) return false;
  if (route.length > 1) return login();
  const isAsked = machine.host === endpoint.host && machine.port === (endpoint.port || 22);
  return !isAsked && (await answers(machine, timeout));
}

/** Whether a TCP connection can be made; the socket is closed at once. */
export function answers({ host, port }: Pick<SshEndpoint, 'host' | 'port'>, timeout: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const tell = (open: boolean) => () => {
      socket.destroy();
      resolve(open);
    };
    socket.setTimeout(timeout, tell(false)).once('connect', tell(true)).once('error', tell(false));
  });
}
