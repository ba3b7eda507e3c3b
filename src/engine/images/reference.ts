import { badRequest } from '../errors.ts';

/** A repository name with an optional tag and digest (distribution/reference grammar). */
export interface Reference {
  /** Registry host with optional port; `docker.io` when none was given. */
  domain: string;
  /** Repository path below the domain, `library/` included. */
  path: string;
  tag?: string;
  digest?: string;
}

const DEFAULT_DOMAIN = 'docker.io';
const NAME_LIMIT = 255;
const PATH = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const DOMAIN =
  /^(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?$/;
const TAG = /^\w[\w.-]{0,127}$/;
const DIGEST = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/** `name` with the API's separate `tag` parameter, which may be a digest. Throws EngineError 400 with dockerd's words. */
export function withTag(reference: Reference, tag: string): Reference {
  const { domain, path } = reference;
  if (DIGEST.test(tag)) return { domain, path, digest: tag };
  if (!TAG.test(tag)) throw badRequest('invalid tag format');
  return { domain, path, tag };
}

const invalid = (): Error => badRequest('invalid reference format');

/** Parses what a user writes, `busybox` or `host:5000/a/b:tag@sha256:…`. Throws EngineError 400 with dockerd's words. */
export function parseReference(text: string): Reference {
  if (/^[a-f0-9]{64}$/.test(text)) throw badRequest(`invalid repository name (${text}), cannot specify 64-byte hexadecimal strings`);
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const [domain, rest] = splitDomain(at < 0 ? text : text.slice(0, at));
  const colon = rest.indexOf(':');
  const path = colon < 0 ? rest : rest.slice(0, colon);
  const tag = colon < 0 ? undefined : rest.slice(colon + 1);
  if (path !== path.toLowerCase()) {
    throw badRequest(`invalid reference format: repository name (${path}) must be lowercase`);
  }
  if (!PATH.test(path) || !DOMAIN.test(domain)) throw invalid();
  if (tag !== undefined && !TAG.test(tag)) throw invalid();
  if (digest !== undefined && !DIGEST.test(digest)) throw invalid();
  if (`${domain}/${path}`.length > NAME_LIMIT) throw badRequest(`repository name must not be more than ${NAME_LIMIT} characters`);
  return { domain, path, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) };
}

function splitDomain(name: string): [string, string] {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const isDomain = slash > 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  let domain = isDomain ? first : DEFAULT_DOMAIN;
  let rest = isDomain ? name.slice(slash + 1) : name;
  if (domain === 'index.docker.io') domain = DEFAULT_DOMAIN;
  if (domain === DEFAULT_DOMAIN && !rest.includes('/')) rest = `library/${rest}`;
  return [domain, rest];
}

/** With the tag `latest` when it has neither tag nor digest. */
export function withDefaultTag(reference: Reference): Reference & ({ tag: string } | { digest: string }) {
  if (reference.digest !== undefined) return { ...reference, digest: reference.digest };
  return { ...reference, tag: reference.tag ?? 'latest' };
}

/** `docker.io/library/busybox` */
export const fullName = (reference: Reference): string => `${reference.domain}/${reference.path}`;

/** `busybox`, as a user would write it. */
export function familiarName(reference: Reference): string {
  if (reference.domain !== DEFAULT_DOMAIN) return fullName(reference);
  return reference.path.replace(/^library\/(?=[^/]+$)/, '');
}

/** `docker.io/library/busybox:latest`: the order of names in answers is that of this form. */
export function fullString(reference: Reference): string {
  return `${fullName(reference)}${familiarString(reference).slice(familiarName(reference).length)}`;
}

/** `busybox:latest`, `busybox@sha256:…` or just the name. */
export function familiarString(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${familiarName(reference)}${tag}${digest}`;
}
