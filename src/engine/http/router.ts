import { EngineError } from '../errors.ts';
import { api, apiVersion, minimumApiVersion } from '../version.ts';
import type { Route } from './route.ts';

export interface Match {
  route: Route;
  params: Record<string, string>;
}

interface Entry {
  route: Route;
  pattern: RegExp;
  names: string[];
}

/** Finds the route of a path; the first that matches wins. */
export class Router {
  readonly #entries: Entry[];

  constructor(routes: Iterable<Route>) {
    this.#entries = [...routes].map((route) => compile(route));
  }

  find(method: string, path: string): Match | undefined {
    if (method === 'OPTIONS') return { route: options, params: {} };
    for (const { route, pattern, names } of this.#entries) {
      if (route.method !== method) continue;
      const found = pattern.exec(path);
      if (found === null) continue;
      const params: Record<string, string> = {};
      names.forEach((name, index) => {
        params[name] = decode(found[index + 1] ?? '');
      });
      return { route, params };
    }
    return undefined;
  }
}

/** Answered for any path. */
const options: Route = { method: 'OPTIONS', path: '*path', handle: (_request, answer) => answer.empty(200) };

function compile(route: Route): Entry {
  const names: string[] = [];
  const source = route.path.replace(/[.]/g, '\\.').replace(/([:*])(\w+)/g, (_whole, kind: string, name: string) => {
    names.push(name);
    return kind === ':' ? '([^/]+)' : '(.+)';
  });
  return { route, names, pattern: new RegExp(`^${source}$`) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** An API version outside of what is served. */
export class VersionError extends EngineError {
  /** Clients from before v1.24 read plain text. */
  readonly plainText: boolean;
  constructor(message: string, plainText: boolean) {
    super(400, message);
    this.plainText = plainText;
  }
}

/** The minor version to answer in. Throws VersionError with dockerd's words. */
export function negotiate(version: string | undefined): number {
  if (version === undefined) return api.maximum;
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  if (major < 1 || (major === 1 && minor < api.tolerated)) {
    const message = `client version ${version} is too old. Minimum supported API version is ${minimumApiVersion}, please upgrade your client to a newer version`;
    throw new VersionError(message, true);
  }
  if (major > 1 || minor > api.maximum) {
    throw new VersionError(`client version ${version} is too new. Maximum supported API version is ${apiVersion}`, false);
  }
  return minor;
}

export const pageNotFound = (): EngineError => new EngineError(404, 'page not found');
