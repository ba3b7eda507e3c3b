import { existsSync, readFileSync } from 'node:fs';
import { availableCapabilities, containerCapabilities } from './capabilities.ts';
import { containerDevices } from './devices.ts';
import type { NamespaceChoice, SpecInput } from './input.ts';
import { containerMounts, rootfsPropagation } from './mounts.ts';
import type { OciNamespace, OciProcess, OciSpec } from './oci.ts';
import { containerResources } from './resources.ts';
import { defaultSeccomp } from './seccomp.ts';
import { parseSecurityOptions, type SecurityOptions } from './security-options.ts';
import { resolveUser } from './user.ts';

/** Docker's masked paths: what leaks facts about the host or its hardware. */
const MASKED_PATHS = [
  '/proc/acpi',
  '/proc/asound',
  '/proc/interrupts',
  '/proc/kcore',
  '/proc/keys',
  '/proc/latency_stats',
  '/proc/sched_debug',
  '/proc/scsi',
  '/proc/timer_list',
  '/proc/timer_stats',
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];

const READONLY_PATHS = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger'];

/**
 * The OCI runtime specification (1.0.2) of one container, as dockerd would write it. Reads the container's passwd and group
 * files in `input.rootfs`, which must be mounted. Throws EngineError: 400 for options, 500 for users that are not there.
 */
export function buildSpec(input: SpecInput): OciSpec {
  const { hostConfig } = input;
  const security = parseSecurityOptions(hostConfig.SecurityOpt);
  const { devices, rules } = containerDevices(hostConfig);
  const process = processOf(input, security);
  const sysctl = sysctlsOf(input);
  const propagation = rootfsPropagation(input.mounts);
  const privileged = hostConfig.Privileged === true;
  const spec: OciSpec = {
    ociVersion: '1.0.2',
    process,
    root: { path: input.rootfs, readonly: hostConfig.ReadonlyRootfs === true },
    mounts: containerMounts(input),
    linux: {
      namespaces: namespacesOf(input),
      devices,
      resources: containerResources(hostConfig, input.deviceCgroup === false ? [] : rules),
      cgroupsPath: input.cgroupsPath,
      maskedPaths: hostConfig.MaskedPaths ?? (privileged ? [] : MASKED_PATHS),
      readonlyPaths: hostConfig.ReadonlyPaths ?? (privileged ? [] : READONLY_PATHS),
    },
  };
  if (input.namespaces.uts !== 'host') spec.hostname = input.hostname;
  if (hostConfig.Annotations) spec.annotations = hostConfig.Annotations;
  if (Object.keys(sysctl).length > 0) spec.linux.sysctl = sysctl;
  if (propagation) spec.linux.rootfsPropagation = propagation;
  if (security.seccomp === 'default' && !privileged) spec.linux.seccomp = defaultSeccomp(process.capabilities.bounding);
  else if (typeof security.seccomp === 'object') spec.linux.seccomp = security.seccomp;
  return spec;
}

function processOf(input: SpecInput, security: SecurityOptions): OciProcess {
  const { hostConfig } = input;
  const user = resolveUser(input.rootfs, input.user, hostConfig.GroupAdd ?? []);
  const capabilities = containerCapabilities(
    { add: hostConfig.CapAdd, drop: hostConfig.CapDrop, privileged: hostConfig.Privileged },
    availableCapabilities(),
  );
  const process: OciProcess = {
    terminal: input.tty,
    user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids },
    args: input.args,
    env: input.env,
    cwd: input.cwd || '/',
    capabilities: { bounding: capabilities, effective: capabilities, permitted: capabilities },
    oomScoreAdj: hostConfig.OomScoreAdj ?? 0,
  };
  if (security.noNewPrivileges) process.noNewPrivileges = true;
  if (security.apparmor !== '' && security.apparmor !== 'unconfined' && hasAppArmor()) process.apparmorProfile = security.apparmor;
  if (input.tty && input.consoleSize && input.consoleSize.height > 0) process.consoleSize = input.consoleSize;
  if (hostConfig.Ulimits?.length) {
    process.rlimits = hostConfig.Ulimits.map(({ Name, Soft, Hard }) => ({
      type: `RLIMIT_${Name.toUpperCase()}`,
      soft: Soft,
      hard: Hard,
    }));
  }
  return process;
}

function namespacesOf(input: SpecInput): OciNamespace[] {
  const chosen: [OciNamespace['type'], NamespaceChoice | 'none'][] = [
    ['network', input.namespaces.network],
    ['uts', input.namespaces.uts],
    ['pid', input.namespaces.pid],
    ['ipc', input.namespaces.ipc],
    ['cgroup', input.namespaces.cgroup],
  ];
  const own = chosen
    .filter(([, choice]) => choice !== 'host')
    .map(([type, choice]): OciNamespace => (typeof choice === 'object' ? { type, path: choice.path } : { type }));
  return [{ type: 'mount' }, ...own];
}

/** Docker's two default sysctls of a private network namespace, under the user's. */
function sysctlsOf(input: SpecInput): Record<string, string> {
  const wanted: Record<string, string> = {};
  if (input.namespaces.network !== 'host') {
    const defaults = { 'net.ipv4.ping_group_range': '0 2147483647', 'net.ipv4.ip_unprivileged_port_start': '0' };
    for (const [name, value] of Object.entries(defaults)) {
      if (existsSync(`/proc/sys/${name.replaceAll('.', '/')}`)) wanted[name] = value;
    }
  }
  if (input.domainname && input.namespaces.uts !== 'host') wanted['kernel.domainname'] = input.domainname;
  return { ...wanted, ...input.hostConfig.Sysctls };
}

/** Whether this kernel confines processes by AppArmor; else a profile asked for is only shown, as dockerd does. */
function hasAppArmor(): boolean {
  try {
    return readFileSync('/sys/module/apparmor/parameters/enabled', 'utf8').startsWith('Y');
  } catch {
    return false;
  }
}
