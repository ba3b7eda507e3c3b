import type { Endpoint, ImageRunConfig } from '../contracts.ts';
import type { SpecHostConfig } from '../runtime/spec/index.ts';

/** `Config` of the Engine API (v1.51): what create takes and inspect shows. */
export interface ContainerConfig extends ImageRunConfig {
  Hostname?: string;
  Domainname?: string;
  AttachStdin?: boolean;
  AttachStdout?: boolean;
  AttachStderr?: boolean;
  Tty?: boolean;
  OpenStdin?: boolean;
  StdinOnce?: boolean;
  Image?: string;
  NetworkDisabled?: boolean;
  MacAddress?: string;
  StopTimeout?: number;
}

/** A mount asked for with `--mount` (v1.51 Mount). */
export interface MountRequest {
  Type?: string;
  Source?: string;
  Target?: string;
  ReadOnly?: boolean;
  Consistency?: string;
  BindOptions?: { Propagation?: string; NonRecursive?: boolean; CreateMountpoint?: boolean };
  VolumeOptions?: {
    NoCopy?: boolean;
    Labels?: Record<string, string>;
    Subpath?: string;
    DriverConfig?: { Name?: string; Options?: Record<string, string> };
  };
  TmpfsOptions?: { SizeBytes?: number; Mode?: number };
}

/** `HostConfig` of the Engine API (v1.51). */
export interface HostConfig extends SpecHostConfig {
  Binds?: string[] | null;
  ContainerIDFile?: string;
  LogConfig?: { Type?: string; Config?: Record<string, string> | null };
  NetworkMode?: string;
  PortBindings?: Record<string, { HostIp?: string; HostPort?: string }[] | null> | null;
  RestartPolicy?: { Name?: string; MaximumRetryCount?: number };
  AutoRemove?: boolean;
  ConsoleSize?: [number, number];
  VolumesFrom?: string[] | null;
  Mounts?: MountRequest[];
  CgroupnsMode?: string;
  Dns?: string[] | null;
  DnsOptions?: string[] | null;
  DnsSearch?: string[] | null;
  ExtraHosts?: string[] | null;
  IpcMode?: string;
  Links?: string[] | null;
  PidMode?: string;
  PublishAllPorts?: boolean;
  UTSMode?: string;
  UsernsMode?: string;
  Runtime?: string;
  CgroupParent?: string;
  Init?: boolean | null;
}

/** Where a container's file comes from (v1.51 MountPoint). */
export interface MountPoint {
  Type: 'bind' | 'volume' | 'tmpfs';
  Name?: string;
  Source: string;
  Destination: string;
  Driver?: string;
  Mode: string;
  RW: boolean;
  Propagation: string;
}

/** The part of `State` that is kept on disk. Times are RFC 3339. */
export interface ContainerState {
  status: 'created' | 'running' | 'paused' | 'restarting' | 'exited' | 'dead';
  pid: number;
  exitCode: number;
  error: string;
  oomKilled: boolean;
  startedAt: string;
  finishedAt: string;
}

/** Everything that survives the engine: one JSON file a container. */
export interface ContainerRecord {
  formatVersion: 1;
  id: string;
  /** With the leading slash, as the API shows it. */
  name: string;
  created: string;
  imageId: string;
  config: ContainerConfig;
  hostConfig: HostConfig;
  /** As given: EndpointsConfig of create. */
  endpoints: Record<string, Record<string, unknown>>;
  mounts: MountPoint[];
  state: ContainerState;
  restartCount: number;
  /** Present while it is connected to the bridge. */
  endpoint?: Endpoint;
  stoppedByUser: boolean;
}

export const never = '0001-01-01T00:00:00Z';
