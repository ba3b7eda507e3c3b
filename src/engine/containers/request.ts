import { badRequest } from '../errors.ts';
import type { ContainerConfig, HostConfig } from './types.ts';

export interface CreateRequest {
  config: ContainerConfig;
  hostConfig: HostConfig;
  endpoints: Record<string, Record<string, unknown>>;
}

type Kind = 'string' | 'bool' | 'int' | 'strings' | 'map' | 'object';

/** What Go's decoder would refuse: fields whose JSON type is not the one of the API. */
const configKinds: Record<string, Kind> = {
  Hostname: 'string',
  Domainname: 'string',
  User: 'string',
  Image: 'string',
  WorkingDir: 'string',
  StopSignal: 'string',
  MacAddress: 'string',
  AttachStdin: 'bool',
  AttachStdout: 'bool',
  AttachStderr: 'bool',
  Tty: 'bool',
  OpenStdin: 'bool',
  StdinOnce: 'bool',
  NetworkDisabled: 'bool',
  Env: 'strings',
  Cmd: 'strings',
  Entrypoint: 'strings',
  Shell: 'strings',
  OnBuild: 'strings',
  Labels: 'map',
  Volumes: 'map',
  ExposedPorts: 'map',
  StopTimeout: 'int',
  Healthcheck: 'object',
};
const hostKinds: Record<string, Kind> = {
  Binds: 'strings',
  NetworkMode: 'string',
  AutoRemove: 'bool',
  Privileged: 'bool',
  PublishAllPorts: 'bool',
  ReadonlyRootfs: 'bool',
  CapAdd: 'strings',
  CapDrop: 'strings',
  Dns: 'strings',
  DnsOptions: 'strings',
  DnsSearch: 'strings',
  ExtraHosts: 'strings',
  GroupAdd: 'strings',
  SecurityOpt: 'strings',
  VolumesFrom: 'strings',
  Links: 'strings',
  IpcMode: 'string',
  PidMode: 'string',
  UTSMode: 'string',
  CgroupParent: 'string',
  Memory: 'int',
  MemorySwap: 'int',
  MemoryReservation: 'int',
  NanoCpus: 'int',
  CpuShares: 'int',
  CpuQuota: 'int',
  CpuPeriod: 'int',
  PidsLimit: 'int',
  ShmSize: 'int',
  OomScoreAdj: 'int',
  CpusetCpus: 'string',
  CpusetMems: 'string',
  PortBindings: 'map',
  Tmpfs: 'map',
  Sysctls: 'map',
  LogConfig: 'object',
  RestartPolicy: 'object',
  Init: 'bool',
};

/**
 * Reads the body of `POST /containers/create` (v1.24 to v1.51): the config's fields at the top, HostConfig and
 * NetworkingConfig beside them; field names in any case, as Go's decoder takes them. Throws 400.
 */
export function readCreateRequest(body: Record<string, unknown>): CreateRequest {
  const {
    HostConfig: host,
    NetworkingConfig: networking,
    ...config
  } = withCase(body, [...Object.keys(configKinds), 'HostConfig', 'NetworkingConfig']);
  const empty = Object.keys(config).length === 0 && host === undefined;
  if (empty) throw badRequest('config cannot be empty in order to create a container');
  checkKinds(config, configKinds, '');
  const hostConfig = withCase(object(host, 'HostConfig'), Object.keys(hostKinds));
  checkKinds(hostConfig, hostKinds, 'CreateRequest.HostConfig');
  config.Entrypoint = words(config.Entrypoint);
  config.Cmd = words(config.Cmd);
  const endpoints = object(object(networking, 'NetworkingConfig').EndpointsConfig, 'NetworkingConfig.EndpointsConfig');
  return {
    config: config as ContainerConfig,
    hostConfig: hostConfig as HostConfig,
    endpoints: Object.fromEntries(Object.entries(endpoints).map(([name, value]) => [name, object(value, name)])),
  };
}

/** A single string stands for a list of one (the API's StrSlice). */
function words(value: unknown): unknown {
  return typeof value === 'string' ? [value] : value;
}

function withCase(value: Record<string, unknown>, names: readonly string[]): Record<string, unknown> {
  const known = new Map(names.map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [known.get(key.toLowerCase()) ?? key, item]));
}

function object(value: unknown, field: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw wrongKind(value, `CreateRequest.${field}`, 'container.HostConfig');
  return value as Record<string, unknown>;
}

const goTypes: Record<Kind, string> = {
  string: 'string',
  bool: 'bool',
  int: 'int64',
  strings: '[]string',
  map: 'map[string]string',
  object: 'struct',
};

function checkKinds(value: Record<string, unknown>, kinds: Record<string, Kind>, prefix: string): void {
  for (const [name, item] of Object.entries(value)) {
    const kind = kinds[name];
    if (kind === undefined || item === null || item === undefined) continue;
    const fits =
      kind === 'string'
        ? typeof item === 'string'
        : kind === 'bool'
          ? typeof item === 'boolean'
          : kind === 'int'
            ? Number.isInteger(item)
            : kind === 'strings'
              ? (Array.isArray(item) && item.every((word) => typeof word === 'string')) ||
                (['Cmd', 'Entrypoint'].includes(name) && typeof item === 'string')
              : typeof item === 'object' && !Array.isArray(item);
    if (!fits) throw wrongKind(item, `${prefix}.${name}`, goTypes[kind]);
  }
}

function wrongKind(value: unknown, field: string, type: string): Error {
  const found = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  // The API's StrSlice decodes itself, so that Go does not know its field.
  const place = ['.Cmd', '.Entrypoint', '.Shell'].includes(field) ? 'value of type string' : `struct field ${field} of type ${type}`;
  return badRequest(`invalid JSON: json: cannot unmarshal ${found} into Go ${place}`);
}
