import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { Image } from '../contracts.ts';
import { badRequest, internal } from '../errors.ts';
import { makeDirectoryInRoot } from '../syscalls/open-in-root.ts';
import { timestamp } from './clock.ts';
import { Container } from './container.ts';
import { commandLine, mergeImageConfig } from './merge-image.ts';
import { type PreparedMounts, prepareMounts } from './mounts.ts';
import type { CreateRequest } from './request.ts';
import { cgroupControllers, checkResources } from './resources.ts';
import { type ContainerServices, containerEvent } from './services.ts';
import { type ContainerConfig, type ContainerRecord, type HostConfig, never } from './types.ts';
import { checkConfig, checkDecoded, checkHostConfig, checkLogging, checkPlatform } from './validate.ts';

/** A container may be made of nothing, as with dockerd. */
const noImage: Image = {
  id: '',
  config: { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } },
  repoTags: [],
  repoDigests: [],
};

/**
 * `POST /containers/create`. The container exists, durable, when this resolves. Throws 400, 404 (image) and 409 (name).
 * `version`: minor of the client's API version; `platform`: `os/architecture[/variant]` or `''`.
 */
export async function createContainer(
  services: ContainerServices,
  request: CreateRequest,
  { name, version, platform }: { name: string; version: number; platform: string },
): Promise<{ container: Container; warnings: string[] }> {
  const { config, hostConfig, endpoints } = request;
  forVersion(hostConfig, version);
  checkDecoded(config, hostConfig);
  checkConfig(config);
  checkHostConfig(hostConfig);
  const warnings = checkResources(hostConfig, cgroupControllers());
  const image = config.Image === undefined || config.Image === '' ? noImage : await services.images.resolve(config.Image);
  if (platform !== '') checkPlatform(image, config.Image ?? '', platform);
  applyDefaults(services, hostConfig);
  checkLogging(hostConfig);
  const merged = mergeImageConfig(config, image.config.config ?? {});
  if (commandLine(merged).length === 0) throw badRequest('no command specified');
  const id = randomBytes(32).toString('hex');
  const reserved = services.registry.reserveName(name, id);
  try {
    const { points, copyUps } = await prepareMounts(
      merged,
      hostConfig,
      services.volumes,
      (reference) => services.registry.get(reference),
      services.dataRoot,
    );
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
    await fillRoot(services, record, copyUps);
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

function applyDefaults({ defaults }: ContainerServices, host: HostConfig): void {
  if ((host.Memory ?? 0) > 0 && (host.MemorySwap ?? 0) === 0) host.MemorySwap = 2 * (host.Memory ?? 0);
  if (!host.ShmSize) host.ShmSize = defaults.shmSize;
  if (!host.IpcMode) host.IpcMode = defaults.ipcMode;
  if (!host.CgroupnsMode) host.CgroupnsMode = defaults.cgroupnsMode;
  if (!host.RestartPolicy?.Name) host.RestartPolicy = { Name: 'no', MaximumRetryCount: 0 };
  host.OomKillDisable ??= false;
  if (host.Privileged === true || host.IpcMode === 'host' || host.PidMode === 'host') {
    host.SecurityOpt = [...(host.SecurityOpt ?? []), 'label=disable'];
  }
  host.Runtime ||= 'runc';
  if (!host.LogConfig?.Type) host.LogConfig = { Type: defaults.logDriver, Config: { ...defaults.logOptions, ...host.LogConfig?.Config } };
  host.LogConfig.Config ??= {};
  for (const bindings of Object.values(host.PortBindings ?? {})) {
    for (const binding of bindings ?? []) Object.assign(binding, { HostIp: binding.HostIp ?? '', HostPort: binding.HostPort ?? '' });
  }
}

/** What depends on the id: a host name and Docker's empty values. */
function completeConfig(config: ContainerConfig, host: HostConfig, id: string): void {
  const sharesName = host.NetworkMode === 'host' || host.UTSMode === 'host';
  if (!host.NetworkMode?.startsWith('container:')) config.Hostname ||= sharesName ? hostname() : id.slice(0, 12);
  config.Domainname ??= '';
}

/** Makes the working directory and gives new volumes what the image has in their place. */
async function fillRoot(services: ContainerServices, record: ContainerRecord, wanted: PreparedMounts['copyUps']): Promise<void> {
  const directory = record.config.WorkingDir ?? '';
  if (wanted.length === 0 && (directory === '' || directory === '/')) return;
  const merged = await services.layers.mount(record.id);
  try {
    if (directory !== '') makeWorkingDirectory(merged, directory);
    for (const { volumeName, destination } of wanted) {
      const volume = await services.volumes.get(volumeName);
      if (volume !== undefined) await services.volumes.populate(volume, merged, destination);
    }
  } finally {
    await services.layers.unmount(record.id);
  }
}

/** Throws 500 with dockerd's words when something that is no directory is in the way. */
export function makeWorkingDirectory(rootfs: string, path: string): void {
  try {
    makeDirectoryInRoot(rootfs, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTDIR') throw error;
    throw internal(`lstat ${rootfs}${path}: not a directory`, error);
  }
}
