import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { SecureContext } from 'node:tls';
import { MachineError, messageOf, systemCode } from '../core/errors.ts';
import type { MachineConfig } from '../store/config.ts';
import { connectEngine, type EngineCredentials, engineAddress, hostPort } from './engine-connection.ts';

/** docker-machine's limit for connection and handshake together, milliseconds. */
const TIMEOUT = 20_000;

/** Certificates as docker-machine takes them: those `AuthOptions` names, not the copies in the machine's folder. */
async function credentialsOf(config: MachineConfig): Promise<EngineCredentials> {
  const { CaCertPath, ClientCertPath, ClientKeyPath, ServerCertPath } = config.hostOptions.AuthOptions;
  const [ca, cert, key, server] = await Promise.all([
    readFile(CaCertPath, 'utf8'),
    readFile(ClientCertPath, 'utf8'),
    readFile(ClientKeyPath, 'utf8'),
    ServerCertPath === '' ? undefined : readOptional(ServerCertPath),
  ]);
  const context = await secureContext(ca, cert, key);
  return { context, machineName: config.name, ...(server === undefined ? {} : { expected: new X509Certificate(server) }) };
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

/** Throws TLS_CHECK_FAILED in docker-machine's words; the line about a restart only where regenerating causes one. */
export async function checkEngineTls(config: MachineConfig, url: string, restarts: boolean, signal: AbortSignal): Promise<void> {
  const address = engineAddress(url);
  try {
    (await connectEngine(address, await credentialsOf(config), TIMEOUT, signal)).destroy();
  } catch (error) {
    signal.throwIfAborted();
    const lines = [
      `Error checking and/or regenerating the certs: There was an error validating certificates for host "${hostPort(address)}": ${messageOf(error)}`,
      `You can attempt to regenerate them using 'tsmachine regenerate-certs ${config.name}'.`,
      ...(restarts ? ['Be advised that this will trigger a Docker daemon restart which might stop running containers.'] : []),
      '',
    ];
    throw new MachineError('TLS_CHECK_FAILED', lines.join('\n'), { cause: error });
  }
}

/** `Version` of `GET /version`. Throws ENGINE_UNREACHABLE. */
export async function engineVersion(config: MachineConfig, url: string, signal: AbortSignal): Promise<string> {
  const address = engineAddress(url);
  try {
    const socket = await connectEngine(address, await credentialsOf(config), TIMEOUT, signal);
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
    const reason = messageOf(error);
    const cause = reason.startsWith('dial tcp') ? 'Cannot connect to the docker engine endpoint' : reason;
    throw new MachineError('ENGINE_UNREACHABLE', `Unable to query docker version: ${cause}`, { cause: error });
  }
}

async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
