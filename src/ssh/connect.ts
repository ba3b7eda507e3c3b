import type { Duplex } from 'node:stream';
import ssh2, { type CipherAlgorithm, type Client, type ConnectConfig, type ServerHostKeyAlgorithm } from 'ssh2';
import { isMachineError, MachineError, messageOf } from '../core/errors.ts';
import { type Ask, shownText } from './asking.ts';
import { Login } from './authentication.ts';
import { Deadline } from './deadline.ts';
import type { HostKeyPolicy } from './host-key-policy.ts';
import { publicLineOf } from './key-format.ts';
import type { KeyRing } from './key-ring.ts';

export interface ConnectOptions {
  /** A new connection to the server. */
  readonly dial: () => Duplex | Promise<Duplex>;
  readonly user: string;
  /** user@host:port, for messages. */
  readonly place: string;
  /** The user's keys for this server; passphrases are asked for through what it is given. */
  readonly keys: (ask: Ask | undefined) => Promise<KeyRing>;
  readonly keyPath: string;
  readonly hostKeys: HostKeyPolicy;
  readonly ask: Ask | undefined;
  /** Milliseconds from the dial to the login; asking the user does not count. */
  readonly timeout: number;
  /** The agent that programs on the far side may use. */
  readonly forwardedAgent?: string;
  readonly compress?: boolean;
  /** See `SshAccess`. */
  readonly emulated: boolean;
  /** A connection inside another: ssh2's chacha20 has one state for all, and an outer packet in the midst of an inner one spoils it. */
  readonly nested: boolean;
  readonly signal: AbortSignal;
}

/** A guest whose network went away is noticed after about a minute. */
const KEEPALIVE = { keepaliveInterval: 15_000, keepaliveCountMax: 4 };

/** Real processors have instructions for it; ssh2's chacha20 takes half as much time again. */
const AES: CipherAlgorithm[] = ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes192-ctr', 'aes256-ctr'];
const CHACHA: CipherAlgorithm = 'chacha20-poly1305@openssh.com';
/** Without those on SHA-1 and small groups, which today's OpenSSH refuses too. */
const HOST_KEYS: ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
];

/** How ssh2 words what no SSH server of version 2 says. */
const NOT_SSH = /^(Invalid header|Max greeting|Header line too long|Invalid identification|Bad packet length)/;

/** A logged-in connection; the caller ends it. Throws `SSH_HOST_KEY` for a host key that must not be, `SSH_KEY`, `SSH_FAILED`. */
export async function connectSsh(options: ConnectOptions): Promise<Client> {
  options.signal.throwIfAborted();
  const attempt = new Attempt(options);
  const abort = () => attempt.end(options.signal.reason);
  options.signal.addEventListener('abort', abort, { once: true });
  try {
    return await attempt.run();
  } finally {
    options.signal.removeEventListener('abort', abort);
  }
}

class Attempt {
  private readonly options: ConnectOptions;
  private readonly client = new ssh2.Client();
  private readonly done = Promise.withResolvers<void>();
  private readonly deadline: Deadline;
  private socket: Duplex | undefined;
  private stage = 'the connection';
  /** What the server offered where the key exchange looked last. */
  private offered = '';

  constructor(options: ConnectOptions) {
    this.options = options;
    const { timeout } = options;
    this.deadline = new Deadline(timeout, () =>
      this.end(this.failure(`no answer within ${Math.round(timeout / 1000)} s, waiting for ${this.stage}`)),
    );
    this.done.promise.catch(() => {}); // it may fail while the dial is still waited for
  }

  async run(): Promise<Client> {
    const ended = this.done.promise.then(() => undefined as never);
    ended.catch(() => {});
    try {
      const { keys, dial } = this.options;
      const ask = this.options.ask && this.asking(this.options.ask);
      this.stage = 'the keys';
      const login = new Login({ ...this.options, ask, keys: await Promise.race([keys(ask), ended]) });
      this.stage = 'the connection';
      this.socket = await Promise.race([dial(), ended]);
      this.listen(this.socket, login);
      this.client.connect(this.configuration(this.socket, login));
      await this.done.promise;
      return this.client;
    } catch (error) {
      this.end(error);
      throw isMachineError(error) || this.options.signal.aborted ? error : this.failure(messageOf(error), error);
    } finally {
      this.deadline.end();
    }
  }

  /** The clock stands still for a question; one that is broken off (Ctrl-C) ends the attempt, whoever asked. */
  private asking(ask: Ask): Ask {
    return async (question) => {
      try {
        return await this.deadline.pausedFor(() => ask(question));
      } catch (error) {
        this.end(error);
        throw error;
      }
    };
  }

  /** Ends the attempt, and everything it has open. */
  end(reason: unknown): void {
    this.done.reject(reason);
    this.client.destroy();
    this.socket?.destroy();
  }

  private listen(socket: Duplex, login: Login): void {
    this.stage = 'the TCP connection';
    this.client.setMaxListeners(0); // one for each session that is open
    const closed = () => this.done.reject(new Error(`the server closed the connection instead of ${this.stage}`));
    socket.once('connect', () => (this.stage = "the server's greeting"));
    this.client
      .once('handshake', () => (this.stage = 'the login'))
      .once('ready', () => this.done.resolve())
      .once('end', closed)
      .once('close', closed)
      .on('change password', () => this.end(this.failure('the server wants the password to be changed first')))
      // stays: what comes after the login is seen by the channel that is open then
      .on('error', (error: Error & { level?: string }) => {
        if (error.level === 'agent') return; // one key that did not sign; the next is tried
        this.done.reject(error.level === 'client-authentication' ? login.refused(error) : error);
      });
  }

  private configuration(sock: Duplex, login: Login): ConnectConfig {
    const { user, hostKeys, forwardedAgent, compress, nested, emulated } = this.options;
    return {
      sock,
      username: user,
      readyTimeout: 0,
      ...KEEPALIVE,
      ...(forwardedAgent === undefined ? {} : { agent: forwardedAgent, agentForward: true }),
      authHandler: login.next,
      algorithms: {
        cipher: nested ? AES : emulated ? [CHACHA, ...AES] : [...AES, CHACHA],
        serverHostKey: hostKeys.kinds.length === 0 ? HOST_KEYS : hostKeys.kinds.flatMap(algorithmsOf),
        ...(compress ? { compress: ['zlib@openssh.com', 'zlib', 'none'] } : {}),
      },
      debug: (line) => this.note(line),
      hostVerifier: (key: Buffer, verified: (ok: boolean) => void) => {
        this.stage = 'the host key';
        this.deadline
          .pausedFor(() => hostKeys.accept(publicLineOf(key)))
          .then(
            () => verified(true),
            (error) => this.end(error),
          );
      },
    } as ConnectConfig;
  }

  /** ssh2 tells what a server offers in its debug lines only. */
  private note(line: string): void {
    if (line.startsWith('Remote ident')) this.stage = 'the key exchange';
    this.offered = /^Handshake: \(remote\) [^:]+: (.*)$/.exec(line)?.[1] ?? this.offered;
  }

  private failure(reason: string, cause?: unknown): MachineError {
    const missing = /^Handshake failed: no matching (.+)$/.exec(reason)?.[1];
    if (missing === 'host key format' && this.options.hostKeys.kinds.length > 0)
      return new MachineError(
        'SSH_HOST_KEY',
        `${this.options.place} shows no SSH host key of the kind expected (${this.options.hostKeys.kinds.join(', ')}), only ${shownText(this.offered)}`,
        {
          cause,
          hint: 'another server answers there, or it has new keys: host-key shows them',
        },
      );
    if (NOT_SSH.test(reason))
      return new MachineError('SSH_FAILED', `ssh to ${this.options.place}: expected an SSH server, found something else (${reason})`, {
        cause,
        hint: 'check the address and the port',
      });
    const text = missing === undefined ? reason : `no common ${missing}: the server offers only ${shownText(this.offered)}`;
    return new MachineError('SSH_FAILED', `ssh to ${this.options.place}: ${text}`, {
      cause,
      ...(missing === undefined ? {} : { hint: 'its SSH server is too old to be safe: bring it up to date' }),
    });
  }
}

function algorithmsOf(kind: string): ServerHostKeyAlgorithm[] {
  return kind === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [kind as ServerHostKeyAlgorithm];
}
