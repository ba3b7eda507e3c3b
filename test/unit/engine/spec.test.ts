/** The OCI specification of a container: who, with which powers, in which namespaces, with which limits. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { availableCapabilities, containerCapabilities, DEFAULT_CAPABILITIES } from '../../../src/engine/runtime/spec/capabilities.ts';
import {
  buildSpec,
  containerEnvironment,
  parseSecurityOptions,
  resolveUser,
  type SpecInput,
} from '../../../src/engine/runtime/spec/index.ts';
import { defaultSeccomp } from '../../../src/engine/runtime/spec/seccomp.ts';
import { lookUpUser } from '../../../src/engine/runtime/spec/user.ts';

const ALL = availableCapabilities('CapBnd:\t000001ffffffffff\n');
const PASSWD = 'root:x:0:0:root:/root:/bin/sh\n# no entry\n\nbob:x:1000:100:Bob:/home/bob:/bin/sh\n';
const GROUP = 'root:x:0:\nwheel:x:10:bob,root\nusers:x:100:\naudio:x:29:bob\n';

let rootfs: string;
beforeEach(async () => {
  rootfs = await mkdtemp(join(tmpdir(), 'spec-'));
  await mkdir(join(rootfs, 'etc'));
  await writeFile(join(rootfs, 'etc/passwd'), PASSWD);
  await writeFile(join(rootfs, 'etc/group'), GROUP);
});
afterEach(() => rm(rootfs, { recursive: true, force: true }));

function specOf(change: Partial<SpecInput> = {}): ReturnType<typeof buildSpec> {
  return buildSpec({
    rootfs,
    args: ['sh'],
    env: [],
    cwd: '',
    user: '',
    tty: false,
    hostname: 'box',
    namespaces: { network: 'new', pid: 'new', ipc: 'new', uts: 'new', cgroup: 'new' },
    files: { hostname: '/h', hosts: '/hs', resolvConf: '/r' },
    mounts: [],
    cgroupsPath: '/docker/x',
    hostConfig: {},
    ...change,
  });
}
const mountAt = (spec: ReturnType<typeof buildSpec>, destination: string) => spec.mounts.find((mount) => mount.destination === destination);

describe('capabilities', () => {
  it('are the fourteen of Docker by default', () => {
    expect(containerCapabilities({}, ALL)).toEqual(DEFAULT_CAPABILITIES);
    expect(DEFAULT_CAPABILITIES).toHaveLength(14);
  });

  it('are added and dropped by names in any form', () => {
    const names = containerCapabilities({ add: ['net_admin', 'CAP_SYS_TIME'], drop: ['MKNOD', 'cap_chown'] }, ALL);
    expect(names).toContain('CAP_NET_ADMIN');
    expect(names).toContain('CAP_SYS_TIME');
    expect(names).not.toContain('CAP_MKNOD');
    expect(names).not.toContain('CAP_CHOWN');
  });

  it('know ALL on either side', () => {
    expect(containerCapabilities({ add: ['ALL'], drop: ['SYS_ADMIN'] }, ALL)).toEqual(ALL.filter((name) => name !== 'CAP_SYS_ADMIN'));
    expect(containerCapabilities({ add: ['KILL'], drop: ['all'] }, ALL)).toEqual(['CAP_KILL']);
  });

  it('are all that there are with --privileged, and never more than the engine has', () => {
    const confined = availableCapabilities('CapBnd:\t000001fffeffffff\n');
    expect(confined).not.toContain('CAP_SYS_RESOURCE');
    expect(containerCapabilities({ privileged: true }, confined)).toEqual(confined);
    expect(() => containerCapabilities({ add: ['SYS_RESOURCE'] }, confined)).toThrow(/not supported by your kernel or not available/);
  });

  it('refuse unknown names as dockerd', () => {
    expect(() => containerCapabilities({ add: ['odd'] }, ALL)).toThrow('unknown capability: "CAP_ODD"');
  });
});

describe('seccomp', () => {
  const rulesFor = (profile: ReturnType<typeof defaultSeccomp>, name: string) =>
    profile.syscalls.filter((rule) => rule.names.includes(name));

  it('refuses by default and allows what programs need', () => {
    const profile = defaultSeccomp(DEFAULT_CAPABILITIES, 'x64');
    expect(profile.defaultAction).toBe('SCMP_ACT_ERRNO');
    for (const name of ['read', 'openat', 'futex', 'chroot', 'arch_prctl']) expect(rulesFor(profile, name)).not.toHaveLength(0);
    for (const name of ['mount', 'reboot', 'bpf', 'init_module', 'keyctl', 'add_key', 'kexec_load'])
      expect(rulesFor(profile, name)).toHaveLength(0);
  });

  it('forbids new namespaces without CAP_SYS_ADMIN, and answers clone3 with ENOSYS', () => {
    const profile = defaultSeccomp(DEFAULT_CAPABILITIES, 'x64');
    expect(rulesFor(profile, 'clone')).toEqual([
      { names: ['clone'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 0x7e020000, op: 'SCMP_CMP_MASKED_EQ', valueTwo: 0 }] },
    ]);
    expect(rulesFor(profile, 'clone3')).toEqual([{ names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 }]);
    const admin = defaultSeccomp([...DEFAULT_CAPABILITIES, 'CAP_SYS_ADMIN'], 'x64');
    expect(rulesFor(admin, 'clone3')[0]?.action).toBe('SCMP_ACT_ALLOW');
    expect(rulesFor(admin, 'mount')).toHaveLength(1);
  });

  it('gives calls with capabilities and takes them without', () => {
    expect(rulesFor(defaultSeccomp(['CAP_SYS_TIME'], 'x64'), 'settimeofday')).toHaveLength(1);
    expect(rulesFor(defaultSeccomp([], 'x64'), 'chroot')).toHaveLength(0);
  });

  it('keeps containers off AF_ALG and AF_VSOCK', () => {
    const families = rulesFor(defaultSeccomp(DEFAULT_CAPABILITIES, 'x64'), 'socket').map((rule) => rule.args?.[0]);
    expect(families).toEqual([
      { index: 0, value: 38, op: 'SCMP_CMP_LT' },
      { index: 0, value: 39, op: 'SCMP_CMP_EQ' },
      { index: 0, value: 40, op: 'SCMP_CMP_GT' },
    ]);
  });

  it('is left out when unconfined or privileged, and replaced by a profile of the user', () => {
    expect(specOf({ hostConfig: { SecurityOpt: ['seccomp=unconfined'] } }).linux.seccomp).toBeUndefined();
    expect(specOf({ hostConfig: { Privileged: true } }).linux.seccomp).toBeUndefined();
    const own = { defaultAction: 'SCMP_ACT_ALLOW', architectures: ['SCMP_ARCH_X86_64'], syscalls: [] };
    expect(specOf({ hostConfig: { SecurityOpt: [`seccomp=${JSON.stringify(own)}`] } }).linux.seccomp).toEqual(own);
  });
});

describe('users', () => {
  const look = (spec: string, add: string[] = []) => lookUpUser(spec, PASSWD, GROUP, add);

  it('are looked up by name and number, with the groups they are in', () => {
    expect(look('')).toMatchObject({ uid: 0, gid: 0, additionalGids: [0, 10] });
    expect(look('bob')).toMatchObject({ uid: 1000, gid: 100, additionalGids: [100, 10, 29] });
    expect(look('1000')).toMatchObject({ uid: 1000, gid: 100, additionalGids: [100, 10, 29] });
  });

  it('need no entry when they are numbers', () => expect(look('4242')).toEqual({ uid: 4242, gid: 0, additionalGids: [0] }));

  it('take a group by name or number, and then no others', () => {
    expect(look('bob:audio')).toMatchObject({ uid: 1000, gid: 29, additionalGids: [29] });
    expect(look('5:77')).toMatchObject({ uid: 5, gid: 77, additionalGids: [77] });
  });

  it('take more groups by --group-add', () => expect(look('bob:100', ['wheel', '7']).additionalGids).toEqual([100, 10, 7]));

  it('are refused in the words of dockerd', () => {
    expect(() => look('nobody')).toThrow('unable to find user nobody: no matching entries in passwd file');
    expect(() => look('bob:none')).toThrow('unable to find group none: no matching entries in group file');
    expect(() => look('4294967296')).toThrow('uids and gids must be in range 0-2147483647');
    expect(() => look('bob', ['none'])).toThrow('Unable to find group none: no matching entries in group file');
  });

  it('are read from the container only, wherever its symlinks point', async () => {
    await rm(join(rootfs, 'etc/passwd'));
    await symlink('/../../../../../../etc/hostname', join(rootfs, 'etc/passwd'));
    expect(() => resolveUser(rootfs, 'bob')).toThrow('no matching entries in passwd file');
    await writeFile(join(rootfs, 'etc/hostname'), PASSWD);
    expect(resolveUser(rootfs, 'bob').uid).toBe(1000);
    await rm(join(rootfs, 'etc'), { recursive: true });
    await symlink('/etc', join(rootfs, 'etc'));
    expect(() => resolveUser(rootfs, 'daemon')).toThrow('no matching entries in passwd file');
  });

  it('may be root where there is no passwd file', async () => {
    await rm(join(rootfs, 'etc'), { recursive: true });
    expect(resolveUser(rootfs, '')).toEqual({ uid: 0, gid: 0, additionalGids: [0] });
  });
});

describe('environment', () => {
  it('has PATH, HOSTNAME and, on a terminal, TERM, in that order, under what the config says', () => {
    expect(containerEnvironment({ hostname: 'h', tty: true, env: ['A=1', 'TERM=vt100', 'HOSTNAME'] })).toEqual([
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      'TERM=vt100',
      'A=1',
    ]);
  });
});

describe('specification', () => {
  it('has its own namespaces, masked paths and read-only system files', () => {
    const spec = specOf();
    expect(spec.linux.namespaces.map(({ type }) => type).sort()).toEqual(['cgroup', 'ipc', 'mount', 'network', 'pid', 'uts']);
    expect(spec.linux.maskedPaths).toContain('/proc/kcore');
    expect(spec.linux.readonlyPaths).toContain('/proc/sys');
    expect(mountAt(spec, '/sys')?.options).toContain('ro');
    expect(mountAt(spec, '/dev/shm')?.options).toContain('size=67108864');
    expect(spec.hostname).toBe('box');
  });

  it('joins and shares namespaces', () => {
    const spec = specOf({ namespaces: { network: { path: '/run/n' }, pid: 'host', ipc: 'host', uts: 'host', cgroup: 'host' } });
    expect(spec.linux.namespaces).toEqual([{ type: 'mount' }, { type: 'network', path: '/run/n' }]);
    expect(spec.hostname).toBeUndefined();
    expect(mountAt(spec, '/dev/shm')).toMatchObject({ type: 'bind', source: '/dev/shm' });
    expect(
      mountAt(specOf({ namespaces: { network: 'new', pid: 'new', ipc: 'none', uts: 'new', cgroup: 'new' } }), '/dev/shm'),
    ).toBeUndefined();
  });

  it('mounts parents before children and lets the user replace what is there', () => {
    const spec = specOf({
      mounts: [
        { source: '/a', destination: '/data/deep', readonly: true },
        { source: '/b', destination: '/data', readonly: false },
        { source: '/c', destination: '/etc/hosts', readonly: false },
        { source: '/d', destination: '/dev/shm', readonly: false, propagation: 'rslave' },
      ],
    });
    const order = spec.mounts.map((mount) => mount.destination);
    expect(order.indexOf('/data')).toBeLessThan(order.indexOf('/data/deep'));
    expect(mountAt(spec, '/data/deep')?.options).toEqual(['rbind', 'ro', 'rprivate']);
    expect(spec.mounts.filter((mount) => mount.destination === '/etc/hosts')).toHaveLength(1);
    expect(mountAt(spec, '/etc/hosts')?.source).toBe('/c');
    expect(mountAt(spec, '/dev/shm')?.type).toBe('bind');
    expect(spec.linux.rootfsPropagation).toBe('rslave');
  });

  it('merges the options of --tmpfs', () => {
    const spec = specOf({ hostConfig: { Tmpfs: { '/run': 'exec,size=64k', '/tmp': '' } } });
    expect(mountAt(spec, '/run')?.options).toEqual(['nosuid', 'nodev', 'rprivate', 'exec', 'size=64k']);
    expect(mountAt(spec, '/tmp')?.options).toContain('noexec');
  });

  it('translates limits', () => {
    const { resources } = specOf({
      hostConfig: { Memory: 1e6, MemorySwap: 2e6, NanoCpus: 5e8, PidsLimit: 12, CpuShares: 10, CpusetCpus: '0' },
    }).linux;
    expect(resources).toMatchObject({
      memory: { limit: 1e6, swap: 2e6 },
      cpu: { quota: 50_000, period: 100_000, shares: 10, cpus: '0' },
      pids: { limit: 12 },
    });
    expect(specOf({ hostConfig: { PidsLimit: -1 } }).linux.resources.pids).toBeUndefined();
  });

  it('denies devices first, and allows all of them only when privileged', () => {
    expect(specOf().linux.resources.devices[0]).toEqual({ allow: false, access: 'rwm' });
    const privileged = specOf({ hostConfig: { Privileged: true } });
    expect(privileged.linux.resources.devices).toEqual([{ allow: true, access: 'rwm' }]);
    expect(privileged.linux.maskedPaths).toEqual([]);
    expect(mountAt(privileged, '/sys')?.options).not.toContain('ro');
  });

  it('maps devices with their numbers and refuses what is none', () => {
    const device = { PathOnHost: '/dev/null', PathInContainer: '/dev/nothing', CgroupPermissions: 'r' };
    const { linux } = specOf({ hostConfig: { Devices: [device] } });
    expect(linux.devices).toMatchObject([{ path: '/dev/nothing', type: 'c', major: 1, minor: 3 }]);
    expect(linux.resources.devices).toContainEqual({ allow: true, type: 'c', major: 1, minor: 3, access: 'r' });
    const none = { PathOnHost: '/dev/no-such', PathInContainer: '/x', CgroupPermissions: 'r' };
    expect(() => specOf({ hostConfig: { Devices: [none] } })).toThrow(
      'error gathering device information while adding custom device "/dev/no-such"',
    );
  });

  it('keeps what is read-only read-only', () => {
    const spec = specOf({ hostConfig: { ReadonlyRootfs: true } });
    expect(spec.root.readonly).toBe(true);
    expect(mountAt(spec, '/etc/hosts')?.options).toContain('ro');
    expect(mountAt(spec, '/dev')?.options).not.toContain('ro');
  });

  it('reads security options', () => {
    expect(parseSecurityOptions(['no-new-privileges', 'label=disable', 'apparmor=x'])).toEqual({
      noNewPrivileges: true,
      seccomp: 'default',
      apparmor: 'x',
    });
    expect(parseSecurityOptions(['no-new-privileges:false']).noNewPrivileges).toBe(false);
    expect(() => parseSecurityOptions(['odd'])).toThrow('invalid --security-opt 1: "odd"');
    expect(() => parseSecurityOptions(['odd=1'])).toThrow('invalid --security-opt 2: "odd=1"');
    expect(() => parseSecurityOptions(['seccomp={'])).toThrow('Decoding seccomp profile failed');
  });
});
