/** A verified TLS connection to a machine's engine, and why there is none, in the words of Go's crypto/tls and net. */
import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext } from 'node:tls';
import { alternativeNames, isValidFor } from '../certs/inspect.ts';
import { MachineError, systemCode } from '../core/errors.ts';

export interface EngineAddress {
  readonly host: string;
  readonly port: number;
}

export interface EngineCredentials {
  /** The CA and the client pair. */
  readonly context: SecureContext;
  /** The machine's own server certificate as the store has it. */
  readonly expected?: X509Certificate;
  readonly machineName: string;
}

const DEFAULT_PORT = 2376;

/** From `tcp://host:port`; IPv6 in brackets; the port may be left out. Throws ENGINE_URL. */
export function engineAddress(url: string): EngineAddress {
  if (!URL.canParse(url) || new URL(url).hostname === '')
    throw new MachineError('ENGINE_URL', `expected a URL such as tcp://10.0.0.1:2376, found ${JSON.stringify(url)}`);
  const { hostname, port, protocol } = new URL(url);
  const implied = protocol === 'https:' ? 443 : DEFAULT_PORT;
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? implied : Number(port) };
}

/** What the engine shows is in order, but not this machine's. */
export class UnexpectedKey extends Error {}

/** Nobody there took the connection. */
export class NoAnswer extends Error {}

/** `host:port` as Go joins them. */
export function hostPort({ host, port }: EngineAddress): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/**
 * Connects and verifies chain, dates, address and, where known, that the key is the machine's. The caller destroys the socket.
 * Throws an Error whose message is the reason alone. `dial`: another way than a TCP connection to the address.
 */
export async function connectEngine(
  address: EngineAddress,
  credentials: EngineCredentials,
  timeout: number,
  signal: AbortSignal,
  dial?: () => Promise<Duplex>,
) {
  const tls = await import('node:tls');
  const servername = isIP(address.host) === 0 ? address.host : '';
  const socket = tls.connect({
    ...(dial ? { socket: await dial() } : address),
    secureContext: credentials.context,
    servername,
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeout)]);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject);
      limit.addEventListener('abort', () => reject(limit.reason), { once: true });
    });
    const shown = socket.getPeerX509Certificate();
    const refused = refusal(socket.authorizationError, shown, address, credentials);
    if (refused !== undefined) throw typeof refused === 'string' ? new Error(refused) : refused;
    return socket;
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    if (error instanceof Error && systemCode(error) === undefined && !limit.aborted) throw error;
    const reason = dialReason(address, error);
    throw new (reason.startsWith('dial tcp') ? NoAnswer : Error)(reason, { cause: error });
  }
}

function refusal(
  chain: Error | string | undefined | null,
  shown: X509Certificate | undefined,
  address: EngineAddress,
  credentials: EngineCredentials,
): string | UnexpectedKey | undefined {
  if (shown === undefined) return 'tls: no certificate was shown';
  if (chain) return chainReason(String(chain instanceof Error ? (systemCode(chain) ?? chain.message) : chain), shown);
  const { expected, machineName } = credentials;
  if (!isValidFor(shown, address.host)) return addressReason(shown, address.host);
  if (expected && !shown.publicKey.equals(expected.publicKey))
    return new UnexpectedKey(
      `the engine at ${hostPort(address)} is not that of machine ${JSON.stringify(machineName)}: expected the certificate with fingerprint ${expected.fingerprint256}, found ${shown.fingerprint256}`,
    );
  return undefined;
}

function chainReason(code: string, shown: X509Certificate): string {
  const second = (instant: number) => new Date(instant).toISOString().replace(/\.\d+Z$/, 'Z');
  const now = Date.now();
  if (code === 'CERT_HAS_EXPIRED')
    return `x509: certificate has expired or is not yet valid: current time ${second(now)} is after ${second(Date.parse(shown.validTo))}`;
  if (code === 'CERT_NOT_YET_VALID')
    return `x509: certificate has expired or is not yet valid: current time ${second(now)} is before ${second(Date.parse(shown.validFrom))}`;
  return 'x509: certificate signed by unknown authority';
}

function addressReason(shown: X509Certificate, host: string): string {
  const { addresses, names } = alternativeNames(shown);
  if (isIP(host) === 0)
    return names.length === 0
      ? `x509: certificate is not valid for any names, but wanted to match ${host}`
      : `x509: certificate is valid for ${names.join(', ')}, not ${host}`;
  return addresses.length === 0
    ? `x509: cannot validate certificate for ${host} because it doesn't contain any IP SANs`
    : `x509: certificate is valid for ${addresses.join(', ')}, not ${host}`;
}

const DIAL: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ETIMEDOUT: 'connection timed out',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
};

function dialReason(address: EngineAddress, error: unknown): string {
  const code = systemCode(error) ?? '';
  if (DIAL[code]) return `dial tcp ${hostPort(address)}: connect: ${DIAL[code]}`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `dial tcp: lookup ${address.host}: no such host`;
  if (code === 'ECONNRESET') return `read tcp ${hostPort(address)}: connection reset by peer`;
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG')
    return 'tls: first record does not look like a TLS handshake';
  if (/ALERT_(BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE)/.test(code)) return 'remote error: tls: bad certificate';
  if ((error as { name?: unknown } | null)?.name === 'TimeoutError') return `dial tcp ${hostPort(address)}: i/o timeout`;
  return error instanceof Error ? error.message : String(error);
}
