import type { Container } from '../containers/container.ts';
import { commandLine } from '../containers/merge-image.ts';
import type { ContainerServices } from '../containers/services.ts';
import type { ContainerConfig, HostConfig, MountPoint } from '../containers/types.ts';
import { parseSecurityOptions } from '../runtime/spec/index.ts';
import { networkSettings } from './network-settings.ts';

/** `GET /containers/{id}/json` (v1.51; older fields where older versions had them). */
export async function inspectContainer(
  services: ContainerServices,
  container: Container,
  options: { size: boolean; version: number },
): Promise<unknown> {
  const { record } = container;
  const { state } = record;
  const [path = '', ...args] = commandLine(record.config);
  const size = options.size ? await services.layers.usage(record.id) : undefined;
  return {
    Id: record.id,
    Created: record.created,
    Path: path,
    Args: args,
    State: {
      Status: state.status,
      Running: container.running || state.status === 'restarting',
      Paused: state.status === 'paused',
      Restarting: state.status === 'restarting',
      OOMKilled: state.oomKilled,
      Dead: state.status === 'dead',
      Pid: state.pid,
      ExitCode: state.exitCode,
      Error: state.error,
      StartedAt: state.startedAt,
      FinishedAt: state.finishedAt,
    },
    Image: record.imageId,
    ResolvConfPath: file(services, record, 'resolv.conf'),
    HostnamePath: file(services, record, 'hostname'),
    HostsPath: file(services, record, 'hosts'),
    LogPath:
      record.hostConfig.LogConfig?.Type === 'none' ? '' : state.startedAt.startsWith('0001') ? '' : services.records.logPath(record.id),
    Name: record.name,
    RestartCount: record.restartCount,
    Driver: 'overlay2',
    Platform: 'linux',
    MountLabel: '',
    ProcessLabel: '',
    AppArmorProfile: parseSecurityOptions(record.hostConfig.SecurityOpt).apparmor,
    ExecIDs: container.execIds.size > 0 ? [...container.execIds] : null,
    HostConfig: showHostConfig(record.hostConfig, options.version),
    GraphDriver: await services.layers.graphDriver(record.id),
    ...(size === undefined ? {} : { SizeRw: size.rw, SizeRootFs: size.rootFs }),
    Mounts: record.mounts.map(showMount),
    Config: showConfig(record.config),
    NetworkSettings: networkSettings(services, container),
  };
}

function file(services: ContainerServices, record: Container['record'], name: string): string {
  return record.state.startedAt.startsWith('0001') ? '' : `${services.records.directory(record.id)}/${name}`;
}

/** A volume's mount has a name and a driver, a bind has not. */
export function showMount(mount: MountPoint): unknown {
  const { Type, Name, Source, Destination, Driver, Mode, RW, Propagation } = mount;
  return { Type, ...(Name ? { Name } : {}), Source, Destination, ...(Driver ? { Driver } : {}), Mode, RW, Propagation };
}

/** Docker's order and empty values; fields it leaves out when empty are left out. */
function showConfig(config: ContainerConfig): unknown {
  return {
    Hostname: config.Hostname ?? '',
    Domainname: config.Domainname ?? '',
    User: config.User ?? '',
    AttachStdin: config.AttachStdin ?? false,
    AttachStdout: config.AttachStdout ?? false,
    AttachStderr: config.AttachStderr ?? false,
    ...(config.ExposedPorts && Object.keys(config.ExposedPorts).length > 0 ? { ExposedPorts: config.ExposedPorts } : {}),
    Tty: config.Tty ?? false,
    OpenStdin: config.OpenStdin ?? false,
    StdinOnce: config.StdinOnce ?? false,
    Env: config.Env ?? [],
    Cmd: config.Cmd ?? null,
    ...(config.Healthcheck ? { Healthcheck: config.Healthcheck } : {}),
    ...(config.ArgsEscaped ? { ArgsEscaped: true } : {}),
    Image: config.Image ?? '',
    Volumes: config.Volumes ?? null,
    WorkingDir: config.WorkingDir ?? '',
    Entrypoint: config.Entrypoint ?? null,
    ...(config.NetworkDisabled ? { NetworkDisabled: true } : {}),
    ...(config.MacAddress ? { MacAddress: config.MacAddress } : {}),
    OnBuild: config.OnBuild ?? null,
    Labels: config.Labels ?? {},
    ...(config.StopSignal ? { StopSignal: config.StopSignal } : {}),
    ...(config.StopTimeout === undefined || config.StopTimeout === null ? {} : { StopTimeout: config.StopTimeout }),
    ...(config.Shell ? { Shell: config.Shell } : {}),
  };
}

/** In dockerd's order. */
const maskedPaths = [
  '/proc/asound',
  '/proc/acpi',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/sys/firmware',
  '/sys/devices/virtual/powercap',
];
const readonlyPaths = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

function showHostConfig(host: HostConfig, version: number): unknown {
  const privileged = host.Privileged === true;
  const given = host as Record<string, unknown>;
  return {
    Binds: host.Binds ?? null,
    ContainerIDFile: host.ContainerIDFile ?? '',
    LogConfig: { Type: host.LogConfig?.Type ?? 'json-file', Config: host.LogConfig?.Config ?? {} },
    NetworkMode: host.NetworkMode ?? 'bridge',
    PortBindings: host.PortBindings ?? null,
    RestartPolicy: { Name: host.RestartPolicy?.Name ?? 'no', MaximumRetryCount: host.RestartPolicy?.MaximumRetryCount ?? 0 },
    AutoRemove: host.AutoRemove ?? false,
    VolumeDriver: given.VolumeDriver ?? '',
    VolumesFrom: host.VolumesFrom ?? null,
    ConsoleSize: host.ConsoleSize ?? [0, 0],
    ...(version >= 46 && host.Annotations ? { Annotations: host.Annotations } : {}),
    CapAdd: host.CapAdd ?? null,
    CapDrop: host.CapDrop ?? null,
    CgroupnsMode: host.CgroupnsMode ?? 'private',
    Dns: host.Dns ?? null,
    DnsOptions: host.DnsOptions ?? null,
    DnsSearch: host.DnsSearch ?? null,
    ExtraHosts: host.ExtraHosts ?? null,
    GroupAdd: host.GroupAdd ?? null,
    IpcMode: host.IpcMode ?? 'private',
    Cgroup: given.Cgroup ?? '',
    Links: host.Links ?? null,
    OomScoreAdj: host.OomScoreAdj ?? 0,
    PidMode: host.PidMode ?? '',
    Privileged: privileged,
    PublishAllPorts: host.PublishAllPorts ?? false,
    ReadonlyRootfs: host.ReadonlyRootfs ?? false,
    SecurityOpt: host.SecurityOpt ?? (privileged ? ['label=disable'] : null),
    ...(given.StorageOpt && Object.keys(given.StorageOpt).length > 0 ? { StorageOpt: given.StorageOpt } : {}),
    ...(host.Tmpfs && Object.keys(host.Tmpfs).length > 0 ? { Tmpfs: host.Tmpfs } : {}),
    UTSMode: host.UTSMode ?? '',
    UsernsMode: host.UsernsMode ?? '',
    ShmSize: host.ShmSize ?? 0,
    ...(host.Sysctls && Object.keys(host.Sysctls).length > 0 ? { Sysctls: host.Sysctls } : {}),
    Runtime: host.Runtime ?? 'runc',
    Isolation: given.Isolation ?? '',
    ...showResources(host),
    ...(host.Mounts && host.Mounts.length > 0 ? { Mounts: host.Mounts } : {}),
    MaskedPaths: host.MaskedPaths ?? (privileged ? null : maskedPaths),
    ReadonlyPaths: host.ReadonlyPaths ?? (privileged ? null : readonlyPaths),
    ...(host.Init === undefined || host.Init === null ? {} : { Init: host.Init }),
  };
}

function showResources(host: HostConfig): Record<string, unknown> {
  const given = host as Record<string, unknown>;
  return {
    CpuShares: host.CpuShares ?? 0,
    Memory: host.Memory ?? 0,
    NanoCpus: host.NanoCpus ?? 0,
    CgroupParent: host.CgroupParent ?? '',
    BlkioWeight: host.BlkioWeight ?? 0,
    BlkioWeightDevice: given.BlkioWeightDevice ?? null,
    BlkioDeviceReadBps: given.BlkioDeviceReadBps ?? null,
    BlkioDeviceWriteBps: given.BlkioDeviceWriteBps ?? null,
    BlkioDeviceReadIOps: given.BlkioDeviceReadIOps ?? null,
    BlkioDeviceWriteIOps: given.BlkioDeviceWriteIOps ?? null,
    CpuPeriod: host.CpuPeriod ?? 0,
    CpuQuota: host.CpuQuota ?? 0,
    CpuRealtimePeriod: given.CpuRealtimePeriod ?? 0,
    CpuRealtimeRuntime: given.CpuRealtimeRuntime ?? 0,
    CpusetCpus: host.CpusetCpus ?? '',
    CpusetMems: host.CpusetMems ?? '',
    Devices: host.Devices ?? null,
    DeviceCgroupRules: host.DeviceCgroupRules ?? null,
    DeviceRequests: given.DeviceRequests ?? null,
    MemoryReservation: host.MemoryReservation ?? 0,
    MemorySwap: host.MemorySwap ?? 0,
    MemorySwappiness: host.MemorySwappiness ?? null,
    OomKillDisable: host.OomKillDisable ?? null,
    PidsLimit: host.PidsLimit ?? null,
    Ulimits: host.Ulimits ?? null,
    CpuCount: 0,
    CpuPercent: 0,
    IOMaximumIOps: 0,
    IOMaximumBandwidth: 0,
  };
}
