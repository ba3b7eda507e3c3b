import { systemCode } from '../../core/errors.ts';
import { EngineError } from '../errors.ts';
import { familiarName, familiarString, type Reference } from '../images/reference.ts';

/** An error answer of a registry (distribution spec, "Error Codes"). */
export class RegistryError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(status: number, code: string, message: string) {
    super(`${code.toLowerCase().replaceAll('_', ' ')}: ${message}`);
    this.name = 'RegistryError';
    this.code = code;
    this.status = status;
  }
}

const DEFAULT_CODES: Readonly<Record<number, [string, string]>> = {
  401: ['UNAUTHORIZED', 'authentication required'],
  403: ['DENIED', 'requested access to the resource is denied'],
  404: ['NAME_UNKNOWN', 'repository name not known to registry'],
  429: ['TOOMANYREQUESTS', 'too many requests'],
};

/** Reads `{"errors":[{code,message}]}`; a status alone gets the code it stands for. */
export function registryError(status: number, body: string): RegistryError {
  try {
    const first = (JSON.parse(body) as { errors?: { code?: unknown; message?: unknown }[] }).errors?.[0];
    if (typeof first?.code === 'string') return new RegistryError(status, first.code, String(first.message ?? first.code));
  } catch {
    // not the JSON of a registry: a proxy's page, say
  }
  const [code, message] = DEFAULT_CODES[status] ?? ['UNKNOWN', `unexpected HTTP status ${status}`];
  return new RegistryError(status, code, message);
}

/** What Go's HTTP client says when a request got no answer: `Get "URL": dial tcp …`. */
export function transportError(method: string, url: URL, error: unknown): EngineError {
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  return new EngineError(500, `${verb} "${url.href}": ${transportReason(url, error)}`, { cause: error });
}

function transportReason(url: URL, error: unknown): string {
  const first = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const { address, port } = first as { address?: string; port?: number };
  const peer = address === undefined ? url.host : `${address}:${port}`;
  switch (systemCode(first)) {
    case 'ECONNREFUSED':
      return `dial tcp ${peer}: connect: connection refused`;
    case 'ENOTFOUND':
      return `dial tcp: lookup ${url.hostname}: no such host`;
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${url.hostname}: Temporary failure in name resolution`;
    case 'ENETUNREACH':
      return `dial tcp ${peer}: connect: network is unreachable`;
    case 'EHOSTUNREACH':
      return `dial tcp ${peer}: connect: no route to host`;
    case 'ECONNRESET':
      return 'EOF';
    case 'EPROTO':
    case 'ERR_SSL_WRONG_VERSION_NUMBER':
    case 'ERR_SSL_PACKET_LENGTH_TOO_LONG':
      return 'http: server gave HTTP response to HTTPS client';
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
    default:
      return first instanceof Error ? first.message : String(first);
  }
}

/** The whole pull's error, in dockerd's words. */
export function pullError(error: unknown, reference: Reference): unknown {
  if (!(error instanceof RegistryError)) return error;
  switch (error.code) {
    case 'DENIED':
      return new EngineError(
        404,
        `pull access denied for ${familiarName(reference)}, repository does not exist or may require 'docker login': ${error.message}`,
      );
    case 'MANIFEST_UNKNOWN':
      return new EngineError(404, `manifest for ${familiarString(reference)} not found: ${error.message}`);
    case 'NAME_UNKNOWN':
      return new EngineError(404, `repository ${familiarName(reference)} not found: ${error.message}`);
    case 'UNAUTHORIZED':
      return new EngineError(401, error.message);
    default:
      return new EngineError(500, error.message);
  }
}
