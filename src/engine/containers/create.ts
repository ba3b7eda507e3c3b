import { randomBytes } from 'node:crypto';
import { badRequest, EngineError } from '../errors.ts';
import { readLogLimits } from '../runtime/logs/log-writer.ts';
import { parseSecurityOptions } from '../runtime/spec/index.ts';
import { timestamp } from './clock.ts';
import { Container } from './container.ts';
import { commandLine, mergeImageConfig } from './merge-image.ts';
import { prepareMounts } from './mounts.ts';
import { checkPorts } from './ports.ts';
import type { CreateRequest } from './request.ts';
import { cgroupControllers, checkResources } from './resources.ts';
import { type ContainerServices, containerEvent } from './services.ts';
import { parseSignal } from './signals.ts';
import { type ContainerConfig, type ContainerRecord, type HostConfig, never } from './types.ts';

/**
 * `POST /containers/create`. The container exists, durable, when this resolves. Throws 400, 404 (image) and 409 (name).
 * `version`: minor of the client's API version.
 */
export async function createContainer(
  services: ContainerServices,
  request: CreateRequest,
  name: string,
  version: number,
): Promise<{ container: Container; warnings: string[] }> {
  const { config, hostConfig, endpoints } = request;
  forVersion(hostConfig, version);
  checkConfig(config);
  const warnings = [...checkHostConfig(hostConfig, config), ...checkResources(hostConfig, cgroupControllers())];
  const image = await services.images.resolve(config.Image ?? '');
  applyDefaults(services, hostConfig);
  const merged = mergeImageConfig(config, image.config.config ?? {});
  if (commandLine(merged).length === 0) throw badRequest('no command specified');
  const id = randomBytes(32).toString('hex');
  const reserved = services.registry.reserveName(name, id);
  try {
    const { points, copyUps } = await prepareMounts(merged, hostConfig, services.volumes, (reference) => services.registry.get(reference));
    completeConfig(merged, hostConfig, id);
    const record: ContainerRecord = {
      formatVersion: 1,
      id,
      name: `/${reserved}`,
      created: timestamp(),
      imageId: image.id,
      config: merged,
      hostConfig,
      endpoints,
      mounts: points,
      state: { status: 'created', pid: 0, exitCode: 0, error: '', oomKilled: false, startedAt: never, finishedAt: never },
      restartCount: 0,
      stoppedByUser: false,
    };
    await services.layers.create(id, image);
    await copyUp(services, id, copyUps);
    await services.records.create(record);
    const container = new Container(record);
    services.registry.add(container);
    containerEvent(services, container, 'create');
    return { container, warnings };
  } catch (error) {
    services.registry.releaseName(reserved, id);
    await services.layers.remove(id).catch(() => undefined);
    await services.records.remove(id).catch(() => undefined);
    throw error;
  }
}

/** What older API versions did not have or meant otherwise (moby api/server/router/container/container_routes.go). */
function forVersion(host: HostConfig, version: number): void {
  if (host.NetworkMode === undefined || host.NetworkMode === '' || host.NetworkMode === 'default') host.NetworkMode = 'bridge';
  if (version < 25) host.AutoRemove = false;
  if (version < 40 && !host.IpcMode) host.IpcMode = 'shareable';
  if (version < 42) host.ConsoleSize = [0, 0];
  if (version < 43) host.Annotations = null;
}

function checkConfig(config: ContainerConfig): void {
  if (config.WorkingDir && !config.WorkingDir.startsWith('/')) {
    throw badRequest(`the working directory '${config.WorkingDir}' is invalid, it needs to be an absolute path`);
  }
  if (config.StopSignal) parseSignal(config.StopSignal);
  for (const line of config.Env ?? []) if (line === '' || line.startsWith('=')) throw badRequest(`invalid environment variable: ${line}`);
}

function checkHostConfig(host: HostConfig, config: ContainerConfig): string[] {
  const policy = host.RestartPolicy?.Name ?? '';
  if (host.AutoRemove === true && policy !== '' && policy !== 'no')
    throw badRequest("can't create 'AutoRemove' container with restart policy");
  if (!['', 'no', 'always', 'unless-stopped', 'on-failure'].includes(policy)) {
    throw badRequest(`invalid restart policy: unknown policy '${policy}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'`);
  }
  for (const entry of host.ExtraHosts ?? [])
    if (!/^[^:]+:.+$/.test(entry)) throw badRequest(`bad format for add-host: ${JSON.stringify(entry)}`);
  if (host.UTSMode === 'host' && config.Hostname) throw badRequest('conflicting options: hostname and the UTS mode');
  checkPorts(host);
  checkSharing(host, config);
  parseSecurityOptions(host.SecurityOpt);
  return [];
}

function checkSharing(host: HostConfig, config: ContainerConfig): void {
  const mode = host.NetworkMode ?? '';
  if (mode.startsWith('container:')) {
    if (config.Hostname) throw badRequest('conflicting options: hostname and the network mode');
    if (Object.keys(host.PortBindings ?? {}).length > 0)
      throw badRequest('conflicting options: port publishing and the container type network mode');
    if (Object.keys(config.ExposedPorts ?? {}).length > 0)
      throw badRequest('conflicting options: port exposing and the container type network mode');
  }
  const pid = host.PidMode ?? '';
  if (pid !== '' && pid !== 'host' && !pid.startsWith('container:')) throw badRequest(`invalid PID mode: ${pid}`);
  const ipc = host.IpcMode ?? '';
  if (!['', 'none', 'private', 'shareable', 'host'].includes(ipc) && !ipc.startsWith('container:'))
    throw badRequest(`invalid IPC mode: ${ipc}`);
  const uts = host.UTSMode ?? '';
  if (uts !== '' && uts !== 'host') throw badRequest(`invalid UTS mode: ${uts}`);
  if ((host.ShmSize ?? 0) < 0) throw badRequest('SHM size can not be less than 0');
  if ((host.OomScoreAdj ?? 0) < -1000 || (host.OomScoreAdj ?? 0) > 1000) {
    throw badRequest(`Invalid value ${host.OomScoreAdj}, range for oom score adj is [-1000, 1000]`);
  }
}

function applyDefaults({ defaults }: ContainerServices, host: HostConfig): void {
  if ((host.Memory ?? 0) > 0 && (host.MemorySwap ?? 0) === 0) host.MemorySwap = 2 * (host.Memory ?? 0);
  if (!host.ShmSize) host.ShmSize = defaults.shmSize;
  if (!host.IpcMode) host.IpcMode = defaults.ipcMode;
  if (!host.CgroupnsMode) host.CgroupnsMode = defaults.cgroupnsMode;
  if (!host.RestartPolicy?.Name) host.RestartPolicy = { Name: 'no', MaximumRetryCount: 0 };
  host.Runtime ||= 'runc';
  const driver = host.LogConfig?.Type || defaults.logDriver;
  const options = driver === defaults.logDriver ? { ...defaults.logOptions, ...host.LogConfig?.Config } : { ...host.LogConfig?.Config };
  host.LogConfig = { Type: driver, Config: options };
  if (!['json-file', 'local', 'none'].includes(driver)) {
    throw badRequest(`logger: no log driver named '${driver}' is registered`);
  }
  try {
    readLogLimits(options);
  } catch (error) {
    throw new EngineError(400, (error as Error).message, { cause: error });
  }
}

/** What depends on the id: a host name and Docker's empty values. */
function completeConfig(config: ContainerConfig, host: HostConfig, id: string): void {
  if (host.NetworkMode !== 'host' && host.UTSMode !== 'host') config.Hostname ||= id.slice(0, 12);
  config.Domainname ??= '';
}

async function copyUp(
  services: ContainerServices,
  id: string,
  wanted: readonly { volumeName: string; destination: string }[],
): Promise<void> {
  if (wanted.length === 0) return;
  const merged = await services.layers.mount(id);
  try {
    for (const { volumeName, destination } of wanted) {
      const volume = await services.volumes.get(volumeName);
      if (volume !== undefined) await services.volumes.populate(volume, merged, destination);
    }
  } finally {
    await services.layers.unmount(id);
  }
}
