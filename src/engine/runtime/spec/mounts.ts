import type { SpecInput, SpecMount } from './input.ts';
import type { OciMount } from './oci.ts';

const SHM_DEFAULT = 64 << 20;

/** What every container has (OCI runtime spec, "Default Filesystems", with Docker's options). */
function defaultMounts(input: SpecInput): OciMount[] {
  const safe = ['nosuid', 'noexec', 'nodev'];
  const writableSystem = input.hostConfig.Privileged === true;
  const system = writableSystem ? safe : [...safe, 'ro'];
  const mounts: OciMount[] = [
    { destination: '/proc', type: 'proc', source: 'proc', options: safe },
    { destination: '/dev', type: 'tmpfs', source: 'tmpfs', options: ['nosuid', 'strictatime', 'mode=755', 'size=65536k'] },
    {
      destination: '/dev/pts',
      type: 'devpts',
      source: 'devpts',
      options: ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', 'gid=5'],
    },
    { destination: '/sys', type: 'sysfs', source: 'sysfs', options: system },
    { destination: '/sys/fs/cgroup', type: 'cgroup', source: 'cgroup', options: system },
    { destination: '/dev/mqueue', type: 'mqueue', source: 'mqueue', options: safe },
  ];
  if (input.namespaces.ipc === 'host') {
    mounts.push({ destination: '/dev/shm', type: 'bind', source: '/dev/shm', options: ['rbind', 'rprivate'] });
  } else if (input.namespaces.ipc !== 'none') {
    const size = `size=${input.hostConfig.ShmSize || SHM_DEFAULT}`;
    mounts.push({ destination: '/dev/shm', type: 'tmpfs', source: 'shm', options: [...safe, 'mode=1777', size] });
  }
  return mounts;
}

function bindOf(mount: SpecMount): OciMount {
  const options = [mount.nonRecursive ? 'bind' : 'rbind', ...(mount.readonly ? ['ro'] : []), mount.propagation ?? 'rprivate'];
  return { destination: mount.destination, type: 'bind', source: mount.source, options };
}

/** Later options win over earlier ones of the same kind (`noexec` then `exec`), as dockerd merges --tmpfs options. */
function tmpfsOf(destination: string, data: string): OciMount {
  const opposite: Record<string, string> = { exec: 'noexec', suid: 'nosuid', dev: 'nodev', rw: 'ro', async: 'sync' };
  for (const [plain, negated] of Object.entries(opposite)) opposite[negated] = plain;
  let options = ['noexec', 'nosuid', 'nodev', 'rprivate'];
  for (const option of data.split(',').filter(Boolean)) {
    const key = option.split('=')[0] ?? option;
    options = options.filter((other) => other !== option && other !== opposite[option] && other.split('=')[0] !== key);
    options.push(option);
  }
  return { destination, type: 'tmpfs', source: 'tmpfs', options };
}

const KEEP_WRITABLE = new Set(['/proc', '/dev', '/dev/pts', '/dev/shm', '/dev/mqueue']);
const depth = (path: string): number => path.split('/').filter(Boolean).length;

/** All mounts in the order to make them: parents first, the user's over the default ones. */
export function containerMounts(input: SpecInput): OciMount[] {
  const { files, hostConfig } = input;
  const etc: SpecMount[] = [
    { source: files.resolvConf, destination: '/etc/resolv.conf', readonly: hostConfig.ReadonlyRootfs === true },
    { source: files.hostname, destination: '/etc/hostname', readonly: hostConfig.ReadonlyRootfs === true },
    { source: files.hosts, destination: '/etc/hosts', readonly: hostConfig.ReadonlyRootfs === true },
  ];
  const wanted = new Set(input.mounts.map((mount) => mount.destination));
  const userMounts = [
    ...etc.filter((mount) => !wanted.has(mount.destination)).map(bindOf),
    ...input.mounts.map(bindOf),
    ...Object.entries(hostConfig.Tmpfs ?? {}).map(([destination, data]) => tmpfsOf(destination, data)),
  ].sort((a, b) => depth(a.destination) - depth(b.destination));
  const taken = new Set(userMounts.map((mount) => mount.destination));
  const defaults = defaultMounts(input).filter(
    (mount) => !taken.has(mount.destination) && !(taken.has('/dev') && mount.destination.startsWith('/dev/')),
  );
  if (hostConfig.ReadonlyRootfs) {
    for (const mount of defaults) {
      if (!KEEP_WRITABLE.has(mount.destination) && !mount.options?.includes('ro')) mount.options = [...(mount.options ?? []), 'ro'];
    }
  }
  return [...defaults, ...userMounts];
}

/** A shared or slave bind needs its parent to propagate too. */
export function rootfsPropagation(mounts: readonly SpecMount[]): 'shared' | 'rslave' | undefined {
  if (mounts.some((mount) => mount.propagation === 'shared' || mount.propagation === 'rshared')) return 'shared';
  return mounts.some((mount) => mount.propagation === 'slave' || mount.propagation === 'rslave') ? 'rslave' : undefined;
}
