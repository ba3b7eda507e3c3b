import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import type { ContainerRegistry } from '../containers/registry.ts';
import { cgroupControllers } from '../containers/resources.ts';
import type { EngineEvents } from '../events/bus.ts';
import type { Route } from '../http/route.ts';
import type { Images } from '../images/store.ts';
import type { Settings } from '../options/settings.ts';
import { engineVersion } from '../version.ts';

export interface InfoRooms {
  settings: () => Settings;
  containers: ContainerRegistry;
  images: Images;
  events: EngineEvents;
}

/** `GET /info` (Engine API v1.51, SystemInfo). */
export function infoRoutes(rooms: InfoRooms): Route[] {
  return [{ method: 'GET', path: '/info', handle: (request, answer) => answer.json(200, info(rooms, request.version)) }];
}

function info({ settings, containers, images, events }: InfoRooms, version: number): unknown {
  const options = settings();
  const all = containers.list();
  const count = (...states: string[]): number => all.filter(({ record }) => states.includes(record.state.status)).length;
  const controllers = cgroupControllers();
  const memory = controllers.has('memory');
  return {
    ID: engineId(options.dataRoot),
    Containers: all.length,
    ContainersRunning: count('running'),
    ContainersPaused: count('paused'),
    ContainersStopped: all.length - count('running', 'paused'),
    Images: [...images.list()].length,
    Driver: 'overlay2',
    DriverStatus: [
      ['Backing Filesystem', 'extfs'],
      ['Supports d_type', 'true'],
      ['Using metacopy', 'false'],
      ['Native Overlay Diff', 'true'],
      ['userxattr', 'false'],
    ],
    Plugins: { Volume: ['local'], Network: ['bridge', 'host', 'null'], Authorization: null, Log: ['json-file', 'local', 'none'] },
    MemoryLimit: memory,
    SwapLimit: memory,
    CpuCfsPeriod: controllers.has('cpu'),
    CpuCfsQuota: controllers.has('cpu'),
    CPUShares: controllers.has('cpu'),
    CPUSet: controllers.has('cpuset'),
    PidsLimit: controllers.has('pids'),
    IPv4Forwarding: readText('/proc/sys/net/ipv4/ip_forward').trim() === '1',
    ...(version < 50 ? { BridgeNfIptables: false, BridgeNfIp6tables: false } : {}),
    Debug: options.debug,
    NFd: openDescriptors(),
    OomKillDisable: false,
    NGoroutines: 0,
    SystemTime: new Date().toISOString(),
    LoggingDriver: options.logDriver,
    CgroupDriver: 'cgroupfs',
    CgroupVersion: '2',
    NEventsListener: events.listeners,
    KernelVersion: os.release(),
    OperatingSystem: release('PRETTY_NAME') || 'Linux',
    OSVersion: release('VERSION_ID'),
    OSType: 'linux',
    Architecture: process.arch === 'x64' ? 'x86_64' : process.arch === 'arm64' ? 'aarch64' : process.arch,
    IndexServerAddress: 'https://index.docker.io/v1/',
    RegistryConfig: { ...(version < 47 ? NONDISTRIBUTABLE : {}), ...registryConfig(options) },
    NCPU: os.availableParallelism(),
    MemTotal: os.totalmem(),
    GenericResources: null,
    DockerRootDir: options.dataRoot,
    HttpProxy: options.httpProxy,
    HttpsProxy: options.httpsProxy,
    NoProxy: options.noProxy,
    Name: os.hostname(),
    Labels: options.labels,
    ExperimentalBuild: options.experimental,
    ServerVersion: engineVersion,
    Runtimes: { crun: { path: 'crun' }, runc: { path: 'crun' } },
    DefaultRuntime: 'runc',
    Swarm: { NodeID: '', NodeAddr: '', LocalNodeState: 'inactive', ControlAvailable: false, Error: '', RemoteManagers: null },
    LiveRestoreEnabled: options.liveRestore,
    Isolation: '',
    InitBinary: '',
    ContainerdCommit: { ID: '' },
    RuncCommit: { ID: '' },
    InitCommit: { ID: '' },
    SecurityOptions: securityOptions(options, version),
    CDISpecDirs: null,
    Warnings: limitWarnings(controllers),
  };
}

/** Fields of before v1.47 that clients read and nothing sets any more. */
const NONDISTRIBUTABLE = { AllowNondistributableArtifactsCIDRs: null, AllowNondistributableArtifactsHostnames: null };

/** What `docker info` prints below the rest, in dockerd's order (daemon/info_unix.go, cgroup v2). */
function limitWarnings(controllers: ReadonlySet<string>): string[] | null {
  const missing = [
    ...(controllers.has('memory') ? [] : ['memory limit', 'swap limit']),
    ...(controllers.has('cpu') ? [] : ['cpu cfs quota', 'cpu cfs period', 'cpu shares']),
    ...(controllers.has('cpuset') ? [] : ['cpuset']),
    ...(controllers.has('io')
      ? []
      : ['io.weight', 'io.weight (per device)', 'io.max (rbps)', 'io.max (wbps)', 'io.max (riops)', 'io.max (wiops)']),
  ];
  return missing.length === 0 ? null : missing.map((what) => `WARNING: No ${what} support`);
}

/** Before v1.25 names alone. */
function securityOptions({ defaultCgroupnsMode }: Settings, version: number): string[] {
  const all = ['name=seccomp,profile=builtin', ...(defaultCgroupnsMode === 'private' ? ['name=cgroupns'] : [])];
  return version < 25 ? all.map((option) => option.replace(/^name=([^,]*).*$/, '$1')) : all;
}

/** Stable over restarts: derived from the data root's machine. */
function engineId(dataRoot: string): string {
  const seed = readText('/etc/machine-id').trim() || os.hostname();
  const hex = createHash('sha256').update(`${seed}:${dataRoot}`).digest('hex');
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function registryConfig(options: Settings): object {
  const mirrors = options.registryMirrors.map((url) => (url.endsWith('/') ? url : `${url}/`));
  const isNetwork = (entry: string): boolean => entry.includes('/');
  const hosts = options.insecureRegistries.filter((entry) => !isNetwork(entry));
  const index = (name: string): unknown => ({ Name: name, Mirrors: [], Secure: false, Official: false });
  return {
    InsecureRegistryCIDRs: ['::1/128', '127.0.0.0/8', ...options.insecureRegistries.filter(isNetwork)],
    IndexConfigs: {
      ...Object.fromEntries(hosts.map((name) => [name, index(name)])),
      'docker.io': { Name: 'docker.io', Mirrors: mirrors, Secure: true, Official: true },
    },
    Mirrors: mirrors,
  };
}

function openDescriptors(): number {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return 0;
  }
}

function release(key: string): string {
  const line = readText('/etc/os-release')
    .split('\n')
    .find((entry) => entry.startsWith(`${key}=`));
  return line === undefined ? '' : line.slice(key.length + 1).replace(/^"(.*)"$/, '$1');
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
