import { checkStart, numberProblem } from './checks.ts';
import { readCommandLine } from './command-line.ts';
import { readConfigFile } from './config-file.ts';
import { flags, keyOf } from './flags.ts';
import { type Listen, parseHost } from './hosts.ts';
import { isMap, OptionError, type Value, type Values } from './values.ts';

export interface TlsSettings {
  verify: boolean;
  ca: string;
  cert: string;
  key: string;
}

/** What the engine runs with: flags, daemon.json and defaults in one. */
export interface Settings {
  listen: Listen[];
  tls: TlsSettings | undefined;
  configFile: string;
  dataRoot: string;
  execRoot: string;
  pidFile: string;
  group: string;
  debug: boolean;
  labels: string[];
  registryMirrors: string[];
  insecureRegistries: string[];
  logDriver: string;
  logOptions: Record<string, string>;
  bridge: string;
  bip: string;
  mtu: number;
  dns: string[];
  dnsSearch: string[];
  dnsOptions: string[];
  icc: boolean;
  ipMasquerade: boolean;
  ipForward: boolean;
  cgroupParent: string;
  defaultIp: string;
  defaultShmSize: string;
  defaultUlimits: string[];
  defaultIpcMode: string;
  defaultCgroupnsMode: string;
  noNewPrivileges: boolean;
  seccompProfile: string;
  maxConcurrentDownloads: number;
  maxDownloadAttempts: number;
  httpProxy: string;
  httpsProxy: string;
  noProxy: string;
  shutdownTimeout: number;
  liveRestore: boolean;
  init: boolean;
  experimental: boolean;
}

export type Request = { kind: 'run'; settings: Settings } | { kind: 'validate' | 'help' | 'version' };

/** Reads command line and daemon.json. Throws OptionError. */
export function readSettings(args: readonly string[], env: NodeJS.ProcessEnv): Request {
  const given = readCommandLine(args);
  if (given.get('help') === true) return { kind: 'help' };
  if (given.get('version') === true) return { kind: 'version' };
  const settings = mergeSettings(given, env);
  return given.get('validate') === true ? { kind: 'validate' } : { kind: 'run', settings };
}

/** Reads daemon.json again beside the flags of the start (SIGHUP). */
export function mergeSettings(given: Values, env: NodeJS.ProcessEnv): Settings {
  const home = `${env.DOCKER_CERT_PATH ?? env.DOCKER_CONFIG ?? `${env.HOME ?? ''}/.docker`}`;
  const defaults = defaultsOf(env);
  const configFile = String(given.get('config-file') ?? defaults.get('config-file'));
  const file = readConfigFile(configFile, given);
  const value = (key: string): Value | undefined => given.get(key) ?? file.get(key) ?? defaults.get(key);
  const text = (key: string): string => String(value(key) ?? '');
  const bool = (key: string): boolean => value(key) === true;
  const list = (key: string): string[] => (Array.isArray(value(key)) ? (value(key) as unknown[]).map(String) : []);
  const certificate = (key: string): string => text(key).replace(/^~\/\.docker/, home);
  const verify = given.has('tlsverify') || file.has('tlsverify') ? bool('tlsverify') : undefined;
  const tls = bool('tls') || verify !== undefined || (env.DOCKER_TLS_VERIFY ?? '') !== '';
  const hosts = list('hosts');
  const logOptions = value('log-opts');
  checkStorageDriver(text('storage-driver'));
  const problem = numberProblem(given);
  if (problem !== undefined) throw new OptionError(problem);
  checkStart({
    bip: text('bip'),
    logDriver: text('log-driver'),
    logOptions: isMap(logOptions) ? logOptions : {},
    insecureRegistries: list('insecure-registries'),
  });
  return {
    listen: (hosts.length > 0 ? hosts : ['']).map((host) => parseHost(host, tls)),
    tls: tls
      ? { verify: verify ?? true, ca: certificate('tlscacert'), cert: certificate('tlscert'), key: certificate('tlskey') }
      : undefined,
    configFile,
    dataRoot: text('data-root'),
    execRoot: text('exec-root'),
    pidFile: text('pidfile'),
    group: text('group'),
    debug: bool('debug'),
    labels: conflictFree(list('labels')),
    registryMirrors: list('registry-mirrors'),
    insecureRegistries: list('insecure-registries'),
    logDriver: text('log-driver'),
    logOptions: isMap(logOptions) ? logOptions : {},
    bridge: text('bridge'),
    bip: text('bip'),
    mtu: Number(value('mtu')),
    dns: list('dns'),
    dnsSearch: list('dns-search'),
    dnsOptions: list('dns-opts'),
    icc: bool('icc'),
    ipMasquerade: bool('ip-masq'),
    ipForward: bool('ip-forward'),
    cgroupParent: text('cgroup-parent'),
    defaultIp: text('ip'),
    defaultShmSize: text('default-shm-size'),
    defaultUlimits: list('default-ulimits'),
    defaultIpcMode: text('default-ipc-mode'),
    defaultCgroupnsMode: text('default-cgroupns-mode'),
    noNewPrivileges: bool('no-new-privileges'),
    seccompProfile: text('seccomp-profile'),
    maxConcurrentDownloads: Number(value('max-concurrent-downloads')),
    maxDownloadAttempts: Number(value('max-download-attempts')),
    httpProxy: text('http-proxy') || (env.HTTP_PROXY ?? env.http_proxy ?? ''),
    httpsProxy: text('https-proxy') || (env.HTTPS_PROXY ?? env.https_proxy ?? ''),
    noProxy: text('no-proxy') || (env.NO_PROXY ?? env.no_proxy ?? ''),
    shutdownTimeout: Number(value('shutdown-timeout')),
    liveRestore: bool('live-restore'),
    init: bool('init'),
    experimental: bool('experimental'),
  };
}

/** The flags' own, and those of the place the engine is installed in: DOCKERD_DEFAULTS, in daemon.json's form. */
function defaultsOf(env: NodeJS.ProcessEnv): Map<string, Value> {
  const own = flags.flatMap((flag): [string, Value][] => (flag.default === undefined ? [] : [[keyOf(flag), flag.default]]));
  return new Map([...own, ...Object.entries(JSON.parse(env.DOCKERD_DEFAULTS ?? '{}') as Record<string, Value>)]);
}

function checkStorageDriver(driver: string): void {
  if (['', 'overlay2'].includes(driver)) return;
  throw new OptionError(
    `failed to start daemon: error initializing graphdriver: driver not supported: ${driver} (this engine has overlay2 only)`,
  );
}

/** One label key with two values is refused, in dockerd's words. */
function conflictFree(labels: string[]): string[] {
  const seen = new Map<string, string>();
  for (const label of labels) {
    const equals = label.indexOf('=');
    const [key, value] = [label.slice(0, equals), label.slice(equals + 1)];
    const before = seen.get(key);
    if (before !== undefined && before !== value) {
      throw new OptionError(`conflict labels for ${key}=${value} and ${key}=${before}`);
    }
    seen.set(key, value);
  }
  return labels;
}
