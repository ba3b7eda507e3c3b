import { badRequest, internal } from '../errors.ts';
import type { Agents } from './agents.ts';
import { registryError } from './errors.ts';
import { readText, send } from './http.ts';

/** What a client sends in X-Registry-Auth (Engine API, "Authentication"). */
export interface Credentials {
  username?: string;
  password?: string;
  identitytoken?: string;
  registrytoken?: string;
}

/** Decodes X-Registry-Auth; `{}` without one. Throws EngineError 400 for one that cannot be read. */
export function decodeCredentials(header: string | undefined): Credentials {
  if (header === undefined || header === '') return {};
  try {
    const value: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'));
    if (typeof value === 'object' && value !== null) return value;
  } catch {
    // told below
  }
  throw badRequest('invalid X-Registry-Auth header: not base64url encoded JSON');
}

interface Challenge {
  scheme: string;
  parameters: Record<string, string>;
}

/** `Bearer realm="…",service="…"` or `Basic realm="…"` (RFC 9110, section 11). */
export function parseChallenge(header: string): Challenge {
  const [scheme = ''] = header.trim().split(/\s+/, 1);
  const parameters: Record<string, string> = {};
  for (const match of header.slice(scheme.length).matchAll(/([a-zA-Z_]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))/g)) {
    parameters[(match[1] ?? '').toLowerCase()] = match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '';
  }
  return { scheme: scheme.toLowerCase(), parameters };
}

const TOKEN_LIMIT = 1 << 20;

/** The Authorization header that answers a registry's challenge for pulling `path`; undefined when none is needed. */
export async function authorize(
  challengeHeader: string | undefined,
  path: string,
  credentials: Credentials,
  options: { verify: boolean; signal: AbortSignal; agents: Agents },
): Promise<string | undefined> {
  if (credentials.registrytoken) return `Bearer ${credentials.registrytoken}`;
  if (challengeHeader === undefined) return undefined;
  const { scheme, parameters } = parseChallenge(challengeHeader);
  if (scheme === 'basic') {
    if (!credentials.username) throw internal('no basic auth credentials');
    return basic(credentials);
  }
  if (scheme !== 'bearer' || !parameters.realm) return undefined;
  const url = new URL(parameters.realm);
  const service = parameters.service ?? '';
  const scope = `repository:${path}:pull`;
  const answer = credentials.identitytoken
    ? await send(url, { ...options, method: 'POST', headers: FORM, body: refreshForm(credentials.identitytoken, service, scope) })
    : await send(tokenUrl(url, service, scope, credentials), {
        ...options,
        headers: credentials.username ? { authorization: basic(credentials) } : {},
      });
  const text = await readText(answer, TOKEN_LIMIT);
  if (answer.statusCode !== 200) throw registryError(answer.statusCode ?? 0, text);
  return `Bearer ${tokenOf(text)}`;
}

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

const basic = ({ username = '', password = '' }: Credentials): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

function refreshForm(token: string, service: string, scope: string): string {
  return new URLSearchParams({ grant_type: 'refresh_token', service, client_id: 'docker', scope, refresh_token: token }).toString();
}

function tokenUrl(url: URL, service: string, scope: string, credentials: Credentials): URL {
  if (service) url.searchParams.set('service', service);
  url.searchParams.set('scope', scope);
  if (credentials.username) url.searchParams.set('account', credentials.username);
  return url;
}

function tokenOf(text: string): string {
  const answer = JSON.parse(text) as { token?: unknown; access_token?: unknown };
  const token = answer.token ?? answer.access_token;
  if (typeof token !== 'string' || token === '') throw internal('authorization server did not include a token in the response');
  return token;
}
