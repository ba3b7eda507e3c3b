import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { badRequest, internal } from '../../errors.ts';
import type { SpecHostConfig } from './input.ts';
import type { OciDevice, OciDeviceRule } from './oci.ts';

/** Character devices every container may use, `[major, minor]`: zero, null, urandom, random, tty, console. */
const DEFAULT_DEVICES = [
  [1, 5],
  [1, 3],
  [1, 9],
  [1, 8],
  [5, 0],
  [5, 1],
] as const;

const S_IFMT = 0o170000;
const S_IFCHR = 0o020000;
const S_IFBLK = 0o060000;

/** glibc's gnu_dev_major and gnu_dev_minor for numbers below 2^32. */
const majorOf = (rdev: number): number => (rdev >>> 8) & 0xfff;
const minorOf = (rdev: number): number => (rdev & 0xff) | ((rdev >>> 12) & 0xfff00);

function deviceAt(hostPath: string, path: string): OciDevice | undefined {
  const found = statSync(hostPath, { throwIfNoEntry: false });
  if (!found) return undefined;
  const kind = found.mode & S_IFMT;
  if (kind !== S_IFCHR && kind !== S_IFBLK) return undefined;
  return {
    path,
    type: kind === S_IFCHR ? 'c' : 'b',
    major: majorOf(found.rdev),
    minor: minorOf(found.rdev),
    fileMode: found.mode & 0o7777,
    uid: found.uid,
    gid: found.gid,
  };
}

const SKIPPED_DIRECTORIES = new Set(['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev']);

function devicesUnder(hostPath: string, path: string): OciDevice[] {
  return readdirSync(hostPath, { withFileTypes: true }).flatMap((entry) => {
    const from = join(hostPath, entry.name);
    const to = join(path, entry.name);
    if (entry.isDirectory()) return SKIPPED_DIRECTORIES.has(entry.name) ? [] : devicesUnder(from, to);
    if (entry.isSymbolicLink() || entry.name === 'console') return [];
    return deviceAt(from, to) ?? [];
  });
}

/** One `--device`: a device, or every device of a directory. Throws EngineError 500 as dockerd when it is none. */
function mappedDevices(hostPath: string, path: string): OciDevice[] {
  const one = deviceAt(hostPath, path);
  if (one) return [one];
  const found = statSync(hostPath, { throwIfNoEntry: false });
  if (found?.isDirectory()) return devicesUnder(hostPath, path);
  const reason = found ? 'not a device node' : 'no such file or directory';
  throw internal(`error gathering device information while adding custom device "${hostPath}": ${reason}`);
}

/** `a|b|c MAJOR:MINOR rwm`, `*` for any number. */
function ruleOf(text: string): OciDeviceRule {
  const match = /^([acb]) ([0-9]+|\*):([0-9]+|\*) ([rwm]{1,3})$/.exec(text);
  if (!match) throw badRequest(`invalid device cgroup rule format: '${text}'`);
  const [, type, major, minor, access = ''] = match;
  const number = (value: string | undefined): number => (value === '*' ? -1 : Number(value));
  return { allow: true, type: type as 'a' | 'b' | 'c', major: number(major), minor: number(minor), access };
}

/** Device nodes to make and the cgroup's rules for them. */
export function containerDevices(hostConfig: SpecHostConfig): { devices: OciDevice[]; rules: OciDeviceRule[] } {
  const mapped = (hostConfig.Devices ?? []).map((entry) => ({
    devices: mappedDevices(entry.PathOnHost, entry.PathInContainer || entry.PathOnHost),
    access: entry.CgroupPermissions || 'rwm',
  }));
  if (hostConfig.Privileged) {
    const all = new Map(
      [...devicesUnder('/dev', '/dev'), ...mapped.flatMap((entry) => entry.devices)].map((device) => [device.path, device]),
    );
    return { devices: [...all.values()], rules: [{ allow: true, access: 'rwm' }] };
  }
  const rules: OciDeviceRule[] = [
    { allow: false, access: 'rwm' },
    ...DEFAULT_DEVICES.map(([major, minor]): OciDeviceRule => ({ allow: true, type: 'c', major, minor, access: 'rwm' })),
  ];
  for (const { devices, access } of mapped) {
    for (const { type, major, minor } of devices) {
      if (type === 'b' || type === 'c') rules.push({ allow: true, type, major, minor, access });
    }
  }
  rules.push(...(hostConfig.DeviceCgroupRules ?? []).map(ruleOf));
  return { devices: mapped.flatMap((entry) => entry.devices), rules };
}
