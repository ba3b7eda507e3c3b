/**
 * What a request is for. Old primers write `curl --unix-socket … http:/containers/json` and `http://v1.43/containers/json`;
 * today's curl takes the first part for a host name and sends `GET /json` with `Host: containers`. Such hosts are put back
 * in front of the path, on the unix socket only (dockerd does not: a deliberate deviation).
 */
const areas = new Set([
  '_ping',
  'auth',
  'build',
  'commit',
  'containers',
  'distribution',
  'events',
  'exec',
  'images',
  'info',
  'networks',
  'session',
  'system',
  'version',
  'volumes',
]);

export interface Target {
  /** Path without version. */
  path: string;
  search: string;
  /** `1.43`, or undefined without a version prefix. */
  version: string | undefined;
}

export function readTarget(url: string, host: string | undefined, onUnixSocket: boolean): Target {
  const cut = url.indexOf('?');
  let path = cut < 0 ? url : url.slice(0, cut);
  const search = cut < 0 ? '' : url.slice(cut + 1);
  // A proxy's absolute form.
  path = path.replace(/^https?:\/\/[^/]*/i, '');
  if (onUnixSocket && host !== undefined && (areas.has(host) || /^v1\.\d+$/.test(host))) path = `/${host}${path === '/' ? '' : path}`;
  const match = /^\/v([0-9.]+)(\/.*)$/.exec(path);
  return { path: match?.[2] ?? path, search, version: match?.[1] };
}
