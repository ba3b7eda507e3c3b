import type { Readable, Writable } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';
import { MachineError } from '../core/errors.ts';

/** A local terminal, as far as the far side must know it. */
export interface TerminalView {
  /** `$TERM`. */
  readonly name: string;
  size(): { columns: number; rows: number };
  /** Calls back when the size changed; gives what ends that. */
  onResize(changed: () => void): () => void;
}

interface SessionStreams {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
}

export interface SessionOptions extends SessionStreams {
  /** Undefined: a login shell. Else one line for the remote user's shell. */
  readonly command?: string | undefined;
  /** Ask for a terminal on the far side. */
  readonly terminal?: TerminalView | undefined;
  readonly signal: AbortSignal;
}

/**
 * Runs a command or a login shell; bytes pass untouched. Resolves with the exit code; 128 + number for a command that a signal
 * ended, as shells say it. Throws `SSH_FAILED` when the connection broke before the end was told.
 */
export async function runSession(client: Client, options: SessionOptions): Promise<number> {
  const { channel, ended } = await open(client, options);
  const { stdin, stdout, stderr, terminal, signal } = options;
  const stopResizing = terminal?.onResize(() => {
    const { columns, rows } = terminal.size();
    channel.setWindow(rows, columns, 0, 0);
  });
  const abort = () => client.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    stdin.pipe(channel);
    const output = Promise.all([copy(channel, stdout), copy(channel.stderr, stderr)]);
    const exit = await ended;
    await output;
    return exit;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', abort);
    stopResizing?.();
    stdin.unpipe(channel);
    stdin.pause();
  }
}

interface OpenSession {
  readonly channel: ClientChannel;
  /** The exit code. */
  readonly ended: Promise<number>;
}

function open(client: Client, { command, terminal }: SessionOptions): Promise<OpenSession> {
  const pty = terminal && { term: terminal.name, cols: terminal.size().columns, rows: terminal.size().rows, width: 0, height: 0 };
  return new Promise((resolve, reject) => {
    const opened = (error: Error | undefined, channel: ClientChannel) =>
      error
        ? reject(new MachineError('SSH_FAILED', noSession(error.message), { cause: error }))
        : resolve({ channel, ended: exitOf(channel, client) }); // listens now: a quick command's end may come in the same packet
    if (command === undefined) client.shell(pty ?? false, opened);
    else client.exec(command, pty ? { pty } : {}, opened);
  });
}

/** ssh2 has two words for a connection that broke in between, one of which is also a refusal. */
function noSession(reason: string): string {
  if (reason === 'No response from server') return 'the connection broke before the command began';
  if (reason === 'Unable to exec') return 'the server runs no command, or the connection broke before it began';
  return `the server opens no session: ${reason}`;
}

/** Copies all bytes with back pressure, without ending the target. A target that is gone (EPIPE) swallows the rest. */
function copy(source: Readable, target: Writable): Promise<void> {
  return new Promise((resolve) => {
    const gone = () => {
      source.unpipe(target);
      source.resume();
    };
    const done = () => {
      target.removeListener('error', gone);
      resolve();
    };
    target.once('error', gone);
    source.once('end', done).once('close', done);
    source.pipe(target, { end: false });
  });
}

/** RFC 4254, 6.10: the signals it names, by number. */
const SIGNALS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  ABRT: 6,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
};

function exitOf(channel: ClientChannel, client: Client): Promise<number> {
  return new Promise((resolve, reject) => {
    let exit: number | undefined;
    channel.on('exit', (code: number | null, signal?: string) => {
      exit = code ?? 128 + (SIGNALS[(signal ?? '').replace(/^SIG/, '')] ?? 0);
    });
    const ended = (what: string) => () => {
      client.off('close', broken); // many sessions may run over one connection
      if (exit === undefined) reject(new MachineError('SSH_FAILED', `${what} before the command ended`));
      else resolve(exit);
    };
    const broken = ended('the connection broke');
    channel.once('close', ended('the server closed the session, or the connection broke,'));
    client.once('close', broken);
  });
}
