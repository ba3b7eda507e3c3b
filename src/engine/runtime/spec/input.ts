/** What of an Engine API HostConfig shapes the OCI specification; names and units as in the API (v1.24 to v1.51). */
export interface SpecHostConfig {
  CapAdd?: string[] | null;
  CapDrop?: string[] | null;
  Privileged?: boolean;
  /** `seccomp=unconfined`, `seccomp=<profile JSON>`, `no-new-privileges[=true]`, `apparmor=<loaded profile>`, `label=…` (unused). */
  SecurityOpt?: string[] | null;
  ReadonlyRootfs?: boolean;
  GroupAdd?: string[] | null;
  /** Bytes. */
  ShmSize?: number;
  Tmpfs?: Record<string, string> | null;
  Sysctls?: Record<string, string> | null;
  Ulimits?: { Name: string; Soft: number; Hard: number }[] | null;
  Devices?: { PathOnHost: string; PathInContainer: string; CgroupPermissions: string }[] | null;
  DeviceCgroupRules?: string[] | null;
  OomScoreAdj?: number;
  MaskedPaths?: string[] | null;
  ReadonlyPaths?: string[] | null;
  Annotations?: Record<string, string> | null;
  /** Bytes; 0 or absent: no limit. */
  Memory?: number;
  MemoryReservation?: number;
  /** Memory and swap together; -1: no limit. */
  MemorySwap?: number;
  MemorySwappiness?: number | null;
  OomKillDisable?: boolean | null;
  CpuShares?: number;
  CpuPeriod?: number;
  CpuQuota?: number;
  /** Thousand-millionths of a CPU. */
  NanoCpus?: number;
  CpusetCpus?: string;
  CpusetMems?: string;
  PidsLimit?: number | null;
  BlkioWeight?: number;
}

/** A bind mount or volume whose source exists on the host. */
export interface SpecMount {
  source: string;
  destination: string;
  readonly: boolean;
  /** Default rprivate. */
  propagation?: 'private' | 'rprivate' | 'shared' | 'rshared' | 'slave' | 'rslave';
  nonRecursive?: boolean;
}

/** `new`: its own; `host`: the engine's; else the path of another container's or a prepared namespace. */
export type NamespaceChoice = 'new' | 'host' | { path: string };

export interface SpecInput {
  /** Where the container's root file system is mounted now. */
  rootfs: string;
  args: string[];
  /** The container's own and its image's variables; see containerEnvironment. */
  env: string[];
  cwd: string;
  /** `name|uid[:group|gid]`, empty: root. */
  user: string;
  tty: boolean;
  consoleSize?: { height: number; width: number };
  /** Ignored with the host's UTS namespace. */
  hostname: string;
  domainname?: string;
  namespaces: {
    network: NamespaceChoice;
    pid: NamespaceChoice;
    ipc: NamespaceChoice | 'none';
    uts: 'new' | 'host';
    cgroup: 'new' | 'host';
  };
  /** Host paths bound over /etc/…; written by the container, hence not read-only. */
  files: { hostname: string; hosts: string; resolvConf: string };
  mounts: SpecMount[];
  /** For example `/docker/<id>`. */
  cgroupsPath: string;
  /**
   * False only where the engine itself is confined so that no device program can be loaded (crun must raise
   * RLIMIT_MEMLOCK, which takes CAP_SYS_RESOURCE): containers are then not kept from devices. Default true.
   */
  deviceCgroup?: boolean;
  hostConfig: SpecHostConfig;
}
