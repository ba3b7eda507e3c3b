import { readFileSync } from 'node:fs';
import { badRequest } from '../../errors.ts';

const words = (text: string): string[] => text.trim().split(/\s+/);

/** In the kernel's order (include/uapi/linux/capability.h): the index is the capability's number. */
const KNOWN = words(`
  CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE NET_BROADCAST NET_ADMIN
  NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME
  SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ
  PERFMON BPF CHECKPOINT_RESTORE`).map((name) => `CAP_${name}`);

/** What every container gets (Docker's documented default set). */
export const DEFAULT_CAPABILITIES: readonly string[] = words(`
  CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE`).map(
  (name) => `CAP_${name}`,
);

/** All that this process may hand on: its bounding set (`CapBnd` of /proc/self/status), in the kernel's order. */
export function availableCapabilities(procStatus: string = readFileSync('/proc/self/status', 'utf8')): string[] {
  const hex = /^CapBnd:\s*([0-9a-f]+)$/m.exec(procStatus)?.[1];
  const set = BigInt(`0x${hex ?? '0'}`);
  return KNOWN.filter((_, number) => (set >> BigInt(number)) & 1n);
}

/** Upper case with the CAP_ prefix; `ALL` stays. Throws EngineError 400 with dockerd's words for an unknown or unavailable one. */
function normalizeCapabilities(names: readonly string[], available: readonly string[]): string[] {
  return names.map((given) => {
    const upper = given.toUpperCase();
    if (upper === 'ALL') return upper;
    const name = upper.startsWith('CAP_') ? upper : `CAP_${upper}`;
    if (!KNOWN.includes(name)) throw badRequest(`unknown capability: "${name}"`);
    if (!available.includes(name)) {
      throw badRequest(`capability not supported by your kernel or not available in the current environment: "${name}"`);
    }
    return name;
  });
}

/** The container's capabilities after --cap-add, --cap-drop and --privileged, as dockerd combines them. */
export function containerCapabilities(
  options: { add?: readonly string[] | null | undefined; drop?: readonly string[] | null | undefined; privileged?: boolean | undefined },
  available: readonly string[] = availableCapabilities(),
): string[] {
  if (options.privileged) return [...available];
  const add = normalizeCapabilities(options.add ?? [], available);
  const drop = normalizeCapabilities(options.drop ?? [], available);
  if (add.includes('ALL')) return available.filter((name) => !drop.includes(name));
  const added = add.filter((name) => name !== 'ALL');
  if (drop.includes('ALL')) return added;
  return [...new Set([...DEFAULT_CAPABILITIES.filter((name) => available.includes(name) && !drop.includes(name)), ...added])];
}
