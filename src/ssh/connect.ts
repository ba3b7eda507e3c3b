import { connect } from 'node:net';
import type { Algorithms, CipherAlgorithm, Client, ConnectConfig, ServerHostKeyAlgorithm } from 'ssh2';
import { MachineError, messageOf } from '../core/errors.ts';
import type { SshEndpoint } from './endpoint.ts';
import { fingerprint, publicLineOf } from './key-format.ts';

export interface ConnectOptions {
  readonly endpoint: SshEndpoint;
  /** The private key's text. */
  readonly privateKey: string;
  /** Pinned host keys, OpenSSH public key lines; empty: first contact. */
  readonly hostKeys: readonly string[];
  /** What a first contact showed. Its promise is waited for before anything is sent. */
  readonly onFirstContact: (hostKey: string, fingerprint: string) => Promise<void>;
  readonly signal: AbortSignal;
  /** Milliseconds for TCP, key exchange and login together. */
  readonly timeout?: number;
}

/** A guest whose network went away is noticed after about a minute. */
const KEEPALIVE = { keepaliveInterval: 15_000, keepaliveCountMax: 4 };

/** A logged-in connection; the caller ends it. Throws `SSH_HOST_KEY` for a changed host key, `SSH_FAILED` for all else. */
export async function connectSsh(options: ConnectOptions): Promise<Client> {
  options.signal.throwIfAborted();
  const { Client } = (await import('ssh2')).default;
  const client = new Client();
  const { endpoint, signal } = options;
  let refusal: MachineError | undefined;
  const abort = () => client.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('ready', resolve).once('error', reject);
      client.once('close', () => reject(new Error('the connection was closed')));
      client.connect({
        sock: connect({ host: endpoint.host, port: endpoint.port, noDelay: true }), // by itself ssh2 waits 40 ms on each question
        username: endpoint.user,
        privateKey: options.privateKey,
        readyTimeout: options.timeout ?? 30_000,
        ...KEEPALIVE,
        authHandler: ['publickey'],
        algorithms: { cipher: CIPHERS, ...pinnedKinds(options.hostKeys) },
        hostVerifier: (key: Buffer, verified: (ok: boolean) => void) => {
          refusal = changedKey(options, publicLineOf(key));
          if (refusal || options.hostKeys.length > 0) return verified(refusal === undefined);
          const line = publicLineOf(key);
          options.onFirstContact(line, fingerprint(line)).then(() => verified(true), reject);
        },
      } as ConnectConfig);
    });
  } catch (error) {
    client.destroy();
    signal.throwIfAborted();
    throw refusal ?? failure(endpoint, error);
  } finally {
    signal.removeEventListener('abort', abort);
  }
  client.on('error', () => {}); // what happens later is seen by the channel that is open then
  return client;
}

/** chacha20 first: twice as fast as AES where the guest's processor is emulated. */
const CIPHERS: CipherAlgorithm[] = [
  'chacha20-poly1305@openssh.com',
  'aes128-gcm@openssh.com',
  'aes256-gcm@openssh.com',
  'aes128-ctr',
  'aes192-ctr',
  'aes256-ctr',
];

/** Asks the server for the kind of key that is pinned: it may have several. */
function pinnedKinds(hostKeys: readonly string[]): Pick<Algorithms, 'serverHostKey'> {
  const kinds = hostKeys.map((key) => key.split(' ')[0] ?? '');
  const names = kinds.flatMap((kind) => (kind === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256'] : [kind]));
  return names.length === 0 ? {} : { serverHostKey: [...new Set(names)] as ServerHostKeyAlgorithm[] };
}

function changedKey({ endpoint, hostKeys }: ConnectOptions, shown: string): MachineError | undefined {
  const blob = shown.split(' ')[1];
  if (hostKeys.length === 0 || hostKeys.some((key) => key.split(' ')[1] === blob)) return undefined;
  const message =
    `the SSH host key of ${endpoint.host}:${endpoint.port} is not the machine's: expected ${hostKeys.map(fingerprint).join(' or ')}, ` +
    `found ${fingerprint(shown)}`;
  return new MachineError('SSH_HOST_KEY', message, { hint: 'another server answers there, or somebody listens in between' });
}

function failure({ user, host, port, keyPath }: SshEndpoint, error: unknown): MachineError {
  const denied = (error as { level?: unknown }).level === 'client-authentication';
  const message = denied
    ? `${user}@${host}:${port} does not accept the key ${keyPath}`
    : `ssh to ${user}@${host}:${port}: ${messageOf(error)}`;
  return new MachineError('SSH_FAILED', message, { cause: error });
}
