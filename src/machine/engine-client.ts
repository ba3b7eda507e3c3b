import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Duplex } from 'node:stream';
import type { SecureContext, TLSSocket } from 'node:tls';
import { readPem } from '../certs/files.ts';
import { systemClock } from '../core/clock.ts';
import { MachineError, messageOf, systemCode } from '../core/errors.ts';
import { connectEngine, type EngineCredentials, engineAddress, hostPort, NoAnswer, UnexpectedKey } from './engine-connection.ts';
import type { MachineEntry } from './entry.ts';

/** docker-machine's limit for connection and handshake together, milliseconds. */
const TIMEOUT = 20_000;

/** How long new certificates are on their way from an engine that uses them into our files, milliseconds. */
const SETTLING = 1_000;

/** What a client of a machine's engine uses, PEM. `server`: what the engine must show, where that is known. */
export interface ClientFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly server?: string;
}

/**
 * The copies in the machine's folder, which DOCKER_CERT_PATH points to; for a machine of docker-machine that has none those its
 * `AuthOptions` name.
 */
export async function clientFiles({ config, paths }: Pick<MachineEntry, 'config' | 'paths'>): Promise<ClientFiles> {
  const { CaCertPath, ClientCertPath, ClientKeyPath, ServerCertPath } = config.hostOptions.AuthOptions;
  const copies = [paths.caCert, paths.clientCert, paths.clientKey];
  const found = await Promise.all(copies.map(readPem));
  const wanted = found.every((text) => text === undefined) ? [CaCertPath, ClientCertPath, ClientKeyPath] : copies;
  const [ca = '', cert = '', key = ''] = await Promise.all(wanted.map((path, at) => found[at] ?? readFile(path, 'utf8')));
  const server = ServerCertPath === '' ? undefined : await readPem(ServerCertPath);
  return { ca, cert, key, ...(server === undefined ? {} : { server }) };
}

async function credentialsOf(name: string, { ca, cert, key, server }: ClientFiles): Promise<EngineCredentials> {
  const context = await secureContext(ca, cert, key);
  return { context, machineName: name, ...(server === undefined ? {} : { expected: new X509Certificate(server) }) };
}

const contexts = new Map<string, SecureContext>();

/** One for all machines with the same files: parsing them takes as long as a handshake. */
async function secureContext(ca: string, cert: string, key: string): Promise<SecureContext> {
  const { createSecureContext } = await import('node:tls');
  const known = contexts.get(ca + cert + key);
  if (known) return known;
  const made = createSecureContext({ ca, cert, key });
  contexts.set(ca + cert + key, made);
  return made;
}

export interface EngineTarget {
  /** The machine's. */
  readonly name: string;
  readonly url: string;
  /** Asked for when connecting: a file that is missing is a reason like any other. */
  files(): Promise<ClientFiles>;
  /** Another way to the engine than to the address of its URL. */
  readonly dial?: () => Promise<Duplex>;
  /** They are the store's: another command may be writing them. */
  readonly stored?: true;
}

export function engineTarget(entry: MachineEntry, url: string): EngineTarget {
  return { name: entry.config.name, url, files: () => clientFiles(entry), stored: true };
}

/** Another command may be bringing new certificates in: then files and engine do not agree for a moment. */
async function connectTo({ name, url, files, stored, dial }: EngineTarget, signal: AbortSignal): Promise<TLSSocket> {
  const connect = async (used: ClientFiles) => connectEngine(engineAddress(url), await credentialsOf(name, used), TIMEOUT, signal, dial);
  const before = await files();
  try {
    return await connect(before);
  } catch (error) {
    if (!stored || (!(error instanceof UnexpectedKey) && systemCode(error) !== 'ERR_OSSL_X509_KEY_VALUES_MISMATCH')) throw error;
    await systemClock.sleep(SETTLING, signal);
    const after = await files();
    if (after.server === before.server && after.cert === before.cert && after.key === before.key) throw error;
    return connect(after);
  }
}

/** Throws TLS_CHECK_FAILED in docker-machine's words; the line about a restart where regenerating causes one, asked for only then. */
export async function checkEngineTls(target: EngineTarget, restarts: () => boolean | Promise<boolean>, signal: AbortSignal): Promise<void> {
  const { name, url } = target;
  const address = engineAddress(url);
  try {
    (await connectTo(target, signal)).destroy();
  } catch (error) {
    signal.throwIfAborted();
    const lines = [
      `Error checking and/or regenerating the certs: There was an error validating certificates for host "${hostPort(address)}": ${messageOf(error)}`,
      `You can attempt to regenerate them using 'tsmachine regenerate-certs ${name}'.`,
      ...((await restarts()) ? ['Be advised that this will trigger a Docker daemon restart which might stop running containers.'] : []),
      '',
    ];
    throw new MachineError('TLS_CHECK_FAILED', lines.join('\n'), { cause: error });
  }
}

/** `Version` of `GET /version`. Throws ENGINE_UNREACHABLE. */
export async function engineVersion(target: EngineTarget, signal: AbortSignal): Promise<string> {
  const address = engineAddress(target.url);
  try {
    const socket = await connectTo(target, signal);
    try {
      const { request } = await import('node:http');
      const body = await new Promise<string>((resolve, reject) => {
        const asked = request({
          path: '/version',
          headers: { host: hostPort(address) },
          createConnection: () => socket,
          timeout: TIMEOUT,
          signal,
        });
        asked.once('error', reject).once('timeout', () => asked.destroy(new Error('the engine does not answer')));
        asked.once('response', (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk)).once('error', reject);
          answer.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
        });
        asked.end();
      });
      const { Version } = JSON.parse(body) as { Version?: unknown };
      if (typeof Version !== 'string') throw new Error(`expected a version, found ${body.slice(0, 100)}`);
      return Version;
    } finally {
      socket.destroy();
    }
  } catch (error) {
    signal.throwIfAborted();
    const reason = error instanceof NoAnswer ? 'Cannot connect to the docker engine endpoint' : messageOf(error);
    throw new MachineError('ENGINE_UNREACHABLE', `Unable to query docker version: ${reason}`, { cause: error });
  }
}
