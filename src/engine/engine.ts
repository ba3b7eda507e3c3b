import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { containerControlRoutes } from './api/container-control.ts';
import { containerRoutes } from './api/containers.ts';
import { eventRoutes } from './api/events.ts';
import { execRoutes } from './api/exec.ts';
import { imageRoutes } from './api/images.ts';
import { infoRoutes } from './api/info.ts';
import { networkRoutes } from './api/networks.ts';
import { swarmRoutes } from './api/swarm.ts';
import { volumeRoutes } from './api/volumes.ts';
import { ExecSessions } from './containers/exec.ts';
import { RecordStore } from './containers/record-store.ts';
import { ContainerRegistry } from './containers/registry.ts';
import { restoreContainers } from './containers/restore.ts';
import type { ContainerDefaults, ContainerServices } from './containers/services.ts';
import { stopAll } from './containers/shutdown.ts';
import { EngineEvents } from './events/bus.ts';
import type { Route } from './http/route.ts';
import { openImageStores } from './images/open.ts';
import { Bridge } from './networks/bridge.ts';
import { predefinedNetworks } from './networks/predefined.ts';
import type { Settings } from './options/settings.ts';
import { parseSize } from './options/size.ts';
import type { RegistryOptions } from './registry/endpoints.ts';
import { Launcher } from './runtime/launcher.ts';
import { availableCapabilities } from './runtime/spec/capabilities.ts';
import { Volumes } from './volumes/store.ts';

export interface Engine {
  routes: Route[];
  /** Stops every container, as dockerd does when it is stopped in an orderly way; with live-restore only when the host goes down. */
  shutdown(reason: { host: boolean }): Promise<void>;
  /** Makes what lies outside the engine, and others may have changed, right again: its packet filter rules. */
  refresh(): Promise<void>;
}

/** Opens the data root, takes over running containers and puts the rooms together. */
export async function openEngine(settings: () => Settings, log: (message: string) => void): Promise<Engine> {
  const { dataRoot, execRoot } = settings();
  const runRoot = join(execRoot, 'run');
  mkdirSync(runRoot, { recursive: true, mode: 0o700 });
  const events = new EngineEvents();
  const { images, layers, puller } = await openImageStores(dataRoot, () => registryOptions(settings()));
  const volumes = await Volumes.open(dataRoot);
  const networks = await predefinedNetworks(join(dataRoot, 'network', 'networks.json'));
  const containers = new ContainerRegistry();
  const launcher = new Launcher(runRoot, join(execRoot, 'crun'));
  const bridge = await openBridge(settings(), networks.bridge);
  const services: ContainerServices = {
    registry: containers,
    records: new RecordStore(dataRoot),
    images,
    layers,
    bridge,
    networkIds: networks,
    dataRoot,
    volumes,
    events,
    launcher,
    runRoot,
    defaults: containerDefaults(settings()),
    log,
  };
  images.useContainers(() => containers.list().map(({ id, name, running, record }) => ({ id, name, running, imageId: record.imageId })));
  await restoreContainers(services);
  await layers.clear(containers.list().map(({ id }) => id));
  launcher.warm();
  return {
    routes: [
      ...containerRoutes(services),
      ...containerControlRoutes(services),
      ...execRoutes(services, new ExecSessions()),
      ...imageRoutes({ images, puller, events }),
      ...volumeRoutes({ volumes, events, usersOf: (name) => usersOfVolume(containers, name) }),
      ...networkRoutes({ bridge, networks, membersOf: (mode) => membersOf(containers, mode) }),
      ...eventRoutes(events),
      ...infoRoutes({ settings, containers, images, events }),
      ...swarmRoutes(),
    ],
    refresh: () => bridge.refresh(),
    shutdown: ({ host }) => (settings().liveRestore && !host ? Promise.resolve() : stopAll(services, settings().shutdownTimeout)),
  };
}

function registryOptions(settings: Settings): RegistryOptions {
  return {
    mirrors: settings.registryMirrors,
    insecureRegistries: settings.insecureRegistries,
    proxies: { http: settings.httpProxy, https: settings.httpsProxy, none: settings.noProxy },
    maxConcurrentDownloads: settings.maxConcurrentDownloads,
    maxDownloadAttempts: settings.maxDownloadAttempts,
  };
}

/** Ids of all containers that have a volume, running or not. */
function usersOfVolume(containers: ContainerRegistry, name: string): string[] {
  const users = containers.list().filter(({ record }) => record.mounts.some((mount) => mount.Type === 'volume' && mount.Name === name));
  return users.map(({ id }) => id);
}

/** Running containers with a network mode. */
function membersOf(containers: ContainerRegistry, mode: string): { id: string; name: string }[] {
  return containers.list().filter(({ running, record }) => running && record.hostConfig.NetworkMode === mode);
}

async function openBridge(settings: Settings, id: string): Promise<Bridge> {
  return Bridge.open({
    bridge: settings.bridge || 'docker0',
    bip: settings.bip || '172.17.0.1/16',
    mtu: settings.mtu,
    masquerade: settings.ipMasquerade,
    icc: settings.icc,
    forward: settings.ipForward,
    runFolder: settings.execRoot,
    id,
    spare: 3,
  });
}

function containerDefaults(settings: Settings): ContainerDefaults {
  return {
    logDriver: settings.logDriver,
    logOptions: settings.logOptions,
    shmSize: parseSize(settings.defaultShmSize),
    ipcMode: settings.defaultIpcMode,
    cgroupnsMode: settings.defaultCgroupnsMode,
    cgroupParent: settings.cgroupParent,
    hostIp: settings.defaultIp,
    noNewPrivileges: settings.noNewPrivileges,
    ulimits: settings.defaultUlimits.map(parseUlimit),
    dns: { servers: settings.dns, search: settings.dnsSearch, options: settings.dnsOptions },
    // crun raises RLIMIT_MEMLOCK before it loads a device program.
    deviceCgroup: availableCapabilities().includes('CAP_SYS_RESOURCE'),
  };
}

/** `nofile=1024:2048` */
function parseUlimit(text: string): { Name: string; Soft: number; Hard: number } {
  const match = /^(\w+)=(-?\d+)(?::(-?\d+))?$/.exec(text);
  if (match === null) throw new Error(`invalid ulimit argument: ${text}`);
  const soft = Number(match[2]);
  return { Name: match[1] ?? '', Soft: soft, Hard: Number(match[3] ?? soft) };
}
