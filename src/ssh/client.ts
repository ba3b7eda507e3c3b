/** What `ssh NAME …` does with the built-in SSH. */
import { Readable, type Writable } from 'node:stream';
import type { Client } from 'ssh2';
import type { SshAccess } from './access.ts';
import { type ClientWords, readClientWords } from './client-words.ts';
import { openConnection } from './connection.ts';
import { forwardDynamic, forwardLocal, forwardRemote, type Listener } from './forwards/forwards.ts';
import { runSession, type TerminalView } from './session.ts';

export interface ClientStreams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** The user's terminal, where stdin and stdout are one. */
  readonly terminal: TerminalView | undefined;
  readonly signal: AbortSignal;
}

/**
 * Logs in and does what the words after the machine's name say: forwards, then a command or a login shell, bytes untouched. Gives
 * the remote exit code. Throws `SSH_OPTION`, `SSH_FORWARD`, and as `openConnection` and `runSession`.
 */
export async function runClient(access: SshAccess, words: readonly string[], streams: ClientStreams): Promise<number> {
  const wanted = readClientWords(words);
  const { signal, stderr } = streams;
  const connection = await openConnection(accessAs(access, wanted), signal, wanted);
  const listeners: Listener[] = [];
  try {
    const told = (problem: string) => void stderr.write(`${problem}\n`);
    const client = async () => connection.client;
    for (const spec of wanted.local) listeners.push(await forwardLocal(spec, client, told));
    for (const end of wanted.dynamic) listeners.push(await forwardDynamic(end, client, told));
    for (const spec of wanted.remote) {
      const port = await forwardRemote(connection.client, spec, told);
      if ('port' in spec.listen && spec.listen.port === 0) told(`Allocated port ${port} for remote forward`);
    }
    if (wanted.noCommand) return await untilClosed(connection.client, signal);
    return await runSession(connection.client, { ...streams, ...sessionOf(wanted, streams) });
  } finally {
    for (const listener of listeners) listener.close();
    connection.close();
  }
}

function accessAs(access: SshAccess, { user, keyPath, proxyJump }: ClientWords): SshAccess {
  const endpoint = { ...access.endpoint, ...(user === undefined ? {} : { user }), ...(keyPath === undefined ? {} : { keyPath }) };
  return { ...access, endpoint, ...(proxyJump === undefined ? {} : { proxyJump }) };
}

/** A forced terminal where there is none here. */
const NO_TERMINAL: TerminalView = { name: 'dumb', size: () => ({ columns: 80, rows: 24 }), onResize: () => () => {} };

function sessionOf(wanted: ClientWords, { stdin, stderr, terminal }: ClientStreams) {
  const { command } = wanted;
  const asked = wanted.terminal === 'auto' ? command === undefined : wanted.terminal !== 'never';
  if (wanted.terminal === 'wanted' && !terminal) stderr.write('Pseudo-terminal will not be allocated because stdin is not a terminal.\n');
  const view = asked ? (terminal ?? (wanted.terminal === 'forced' ? NO_TERMINAL : undefined)) : undefined;
  return { stdin: wanted.noInput ? Readable.from([]) : stdin, terminal: view, command };
}

function untilClosed(client: Client, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    client.once('close', () => resolve(255)); // ssh's own code for a connection that broke
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
