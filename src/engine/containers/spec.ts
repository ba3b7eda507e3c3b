import { readlinkSync } from 'node:fs';
import { conflict, internal } from '../errors.ts';
import { buildSpec, containerEnvironment, type NamespaceChoice, type OciSpec } from '../runtime/spec/index.ts';
import type { Container } from './container.ts';
import { commandLine } from './merge-image.ts';
import { specMounts } from './mounts.ts';
import type { ContainerServices } from './services.ts';

/** The OCI specification of a container whose root is mounted and whose network is ready. Throws EngineError. */
export function containerSpec(services: ContainerServices, container: Container, rootfs: string): OciSpec {
  const { config, hostConfig, mounts, id } = container.record;
  const { defaults } = services;
  const directory = services.records.directory(id);
  const [height, width] = hostConfig.ConsoleSize ?? [0, 0];
  const usesHostNames = hostConfig.NetworkMode === 'host' || hostConfig.UTSMode === 'host';
  const tmpfs = { ...hostConfig.Tmpfs };
  for (const mount of hostConfig.Mounts ?? []) if (mount.Type === 'tmpfs' && mount.Target) tmpfs[mount.Target] = tmpfsOptions(mount);
  return buildSpec({
    rootfs,
    args: commandLine(config),
    env: containerEnvironment({ hostname: config.Hostname ?? '', tty: container.tty, env: config.Env ?? [] }),
    cwd: config.WorkingDir || '/',
    user: config.User ?? '',
    tty: container.tty,
    consoleSize: { height, width },
    hostname: config.Hostname ?? '',
    ...(config.Domainname ? { domainname: config.Domainname } : {}),
    namespaces: {
      network: networkNamespace(services, container),
      pid: sharedNamespace(services, hostConfig.PidMode ?? '', 'pid'),
      ipc: hostConfig.IpcMode === 'none' ? 'none' : sharedNamespace(services, hostConfig.IpcMode ?? '', 'ipc'),
      uts: usesHostNames && hostConfig.UTSMode === 'host' ? 'host' : 'new',
      cgroup: hostConfig.CgroupnsMode === 'host' ? 'host' : 'new',
    },
    files: { hostname: `${directory}/hostname`, hosts: `${directory}/hosts`, resolvConf: `${directory}/resolv.conf` },
    mounts: specMounts(mounts),
    cgroupsPath: `${hostConfig.CgroupParent || defaults.cgroupParent || '/docker'}/${id}`,
    deviceCgroup: defaults.deviceCgroup,
    hostConfig: {
      ...hostConfig,
      Tmpfs: tmpfs,
      Ulimits: hostConfig.Ulimits && hostConfig.Ulimits.length > 0 ? hostConfig.Ulimits : [...defaults.ulimits],
      SecurityOpt: [...(hostConfig.SecurityOpt ?? []), ...(defaults.noNewPrivileges ? ['no-new-privileges'] : [])],
    },
  });
}

function tmpfsOptions(mount: { ReadOnly?: boolean; TmpfsOptions?: { SizeBytes?: number; Mode?: number } }): string {
  const { SizeBytes, Mode } = mount.TmpfsOptions ?? {};
  const words = [mount.ReadOnly === true ? 'ro' : '', SizeBytes ? `size=${SizeBytes}` : '', Mode ? `mode=${Mode.toString(8)}` : ''];
  return words.filter(Boolean).join(',');
}

function networkNamespace(services: ContainerServices, container: Container): NamespaceChoice {
  const mode = container.record.hostConfig.NetworkMode ?? 'bridge';
  if (mode === 'host') return 'host';
  if (mode.startsWith('container:')) return namespaceOf(services, mode.slice('container:'.length), 'net');
  const { endpoint } = container.record;
  return endpoint === undefined ? 'new' : { path: endpoint.netns };
}

function sharedNamespace(services: ContainerServices, mode: string, type: 'pid' | 'ipc'): NamespaceChoice {
  if (mode === 'host') return 'host';
  return mode.startsWith('container:') ? namespaceOf(services, mode.slice('container:'.length), type) : 'new';
}

function namespaceOf(services: ContainerServices, reference: string, type: string): NamespaceChoice {
  const other = services.registry.get(reference);
  if (!other.running)
    throw conflict(
      `cannot join ${type === 'net' ? 'network' : type.toUpperCase()} namespace of a non running container: container ${other.name} is exited`,
    );
  const path = `/proc/${other.record.state.pid}/ns/${type}`;
  try {
    readlinkSync(path);
  } catch (error) {
    throw internal(`cannot join the namespace of container ${other.name}`, error);
  }
  return { path };
}
