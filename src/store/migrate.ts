/**
 * config.json of the versions 0 to 2 as version 3. What docker-machine's own migration loses or gets wrong is kept or put right:
 * engine options nested in a version 0 file, the driver's numbers and key order, and the two StorePath values, which it derives
 * from a key that version 2 no longer has.
 */
import { posix, win32 } from 'node:path';
import type { AuthHostOptions, EngineHostOptions, HostOptions, SwarmHostOptions } from './host-options.ts';
import { hostOptionsFrom } from './host-options.ts';
import { objectMembers } from './json-text.ts';

type Values = Readonly<Record<string, unknown>>;

/** HostOptions of a file of one of these versions that lies at `path` (absolute). Throws as `hostOptionsFrom`. */
export function migratedHostOptions(file: Values, version: number, path: string): HostOptions {
  const nested = object(file.HostOptions);
  const auth = object(nested.AuthOptions);
  const withKey = version < 2 ? { ...auth, CaPrivateKeyPath: auth.PrivateKeyPath } : auth;
  const found = hostOptionsFrom({ ...nested, AuthOptions: withKey });
  const options = version === 0 ? unflattened(found, file) : found;
  return { ...options, AuthOptions: placedAuth(options.AuthOptions, path) };
}

/** The driver's state with `StorePath`, which drivers have had since version 3, at the place it has in new files or the end. */
export function migratedDriver(driver: string, path: string): string {
  const members = objectMembers(driver);
  members.set('StorePath', JSON.stringify(folders(path).root));
  return `{${[...members].map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`;
}

/** Version 0 kept paths and swarm options beside the driver, and had no say about TLS: it was always on. */
function unflattened(found: HostOptions, file: Values): HostOptions {
  const text = (key: string, fallback: string) => (typeof file[key] === 'string' && file[key] !== '' ? file[key] : fallback);
  const auth = found.AuthOptions;
  const engine: EngineHostOptions = { ...found.EngineOptions, TlsVerify: true };
  if (engine.InstallURL === '') engine.InstallURL = 'https://get.docker.com';
  const swarm: SwarmHostOptions = {
    ...found.SwarmOptions,
    Discovery: text('SwarmDiscovery', found.SwarmOptions.Discovery),
    Host: text('SwarmHost', found.SwarmOptions.Host),
    Master: file.SwarmMaster === true || found.SwarmOptions.Master,
  };
  const paths: AuthHostOptions = {
    ...auth,
    CaCertPath: text('CaCertPath', auth.CaCertPath),
    CaPrivateKeyPath: text('PrivateKeyPath', auth.CaPrivateKeyPath),
    ServerCertPath: text('ServerCertPath', auth.ServerCertPath),
    ServerKeyPath: text('ServerKeyPath', auth.ServerKeyPath),
    ClientCertPath: text('ClientCertPath', auth.ClientCertPath),
    ClientKeyPath: text('ClientKeyPath', auth.ClientKeyPath),
  };
  return { ...found, EngineOptions: engine, SwarmOptions: swarm, AuthOptions: paths };
}

/**
 * Whether a version 3 file has what docker-machine's own migration, or a relative --storage-path, left in it: the store's root
 * or a path of some other folder's as the machine's.
 */
export function isMisplaced({ StorePath: found }: AuthHostOptions, path: string): boolean {
  return found !== '' && (!isAbsolute(found) || found === folders(path).root);
}

/** Absolute paths as the file has them; others are the store's own. */
export function placedAuth(auth: AuthHostOptions, path: string): AuthHostOptions {
  const { root, machine, join } = folders(path);
  const certs = join(root, 'certs');
  const or = (given: string, folder: string, name: string) => (isAbsolute(given) ? given : join(folder, name));
  return {
    ...auth,
    CertDir: certs,
    CaCertPath: or(auth.CaCertPath, certs, 'ca.pem'),
    CaPrivateKeyPath: or(auth.CaPrivateKeyPath, certs, 'ca-key.pem'),
    ClientCertPath: or(auth.ClientCertPath, certs, 'cert.pem'),
    ClientKeyPath: or(auth.ClientKeyPath, certs, 'key.pem'),
    ServerCertPath: or(auth.ServerCertPath, machine, 'server.pem'),
    ServerKeyPath: or(auth.ServerKeyPath, machine, 'server-key.pem'),
    StorePath: machine,
  };
}

function isAbsolute(path: string): boolean {
  return /^([a-zA-Z]:)?[\\/]/.test(path);
}

function folders(config: string) {
  const { dirname, join } = config.includes('\\') ? win32 : posix;
  const machine = dirname(config);
  return { machine, root: dirname(dirname(machine)), join };
}

function object(value: unknown): Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Values) : {};
}
