/**
 * Which accelerator can boot a kernel here. A device that opens is not enough: nested hosts have a /dev/kvm that makes VMs and
 * never brings one to userspace, so each way is also watched when it starts (see `SILENCE`).
 */
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { messageOf, type Platform, type ProcessRunner } from 'tsmachine/driver';

/** In the order of preference; `tcg` is QEMU's own software emulation and works everywhere. */
export const ACCELERATORS = ['kvm', 'hvf', 'whpx', 'tcg'] as const;
export type Accelerator = (typeof ACCELERATORS)[number];

/** Milliseconds without a byte after which a kernel does not start under a hardware accelerator; it takes less than one second. */
export const SILENCE = 10_000;

export interface AccelerationProbe {
  readonly platform: Pick<Platform, 'os' | 'arch'>;
  readonly runner: Pick<ProcessRunner, 'run'>;
  readonly cpuInfo: () => Promise<string>;
  /** Rejects when this user cannot use /dev/kvm. */
  readonly openKvm: () => Promise<void>;
}

export interface Candidate {
  readonly accelerator: Accelerator;
  /** Why this one, in a few words. */
  readonly reason: string;
}

export function probeHere(platform: Platform, runner: ProcessRunner): AccelerationProbe {
  return {
    platform,
    runner,
    cpuInfo: () => readFile('/proc/cpuinfo', 'utf8'),
    openKvm: () => access('/dev/kvm', constants.R_OK | constants.W_OK),
  };
}

/** What to try, in order; the last one is always TCG. The reason of the first tells why it is not a faster one. */
export async function accelerationCandidates(probe: AccelerationProbe): Promise<Candidate[]> {
  const native = nativeAccelerator(probe.platform);
  if (native === undefined)
    return [{ accelerator: 'tcg', reason: `no hardware acceleration for x86-64 guests on ${probe.platform.os} ${probe.platform.arch}` }];
  const obstacle = await obstacleTo(native, probe);
  if (obstacle !== undefined) return [{ accelerator: 'tcg', reason: obstacle }];
  return [
    { accelerator: native, reason: 'usable here' },
    { accelerator: 'tcg', reason: `the kernel did not start under ${native}` },
  ];
}

/** Our boot image is x86-64: only a processor of that kind can run it natively. */
function nativeAccelerator({ os, arch }: AccelerationProbe['platform']): Exclude<Accelerator, 'tcg'> | undefined {
  if (arch !== 'x64') return undefined;
  return ({ linux: 'kvm', darwin: 'hvf', win32: 'whpx' } as const)[os as 'linux' | 'darwin' | 'win32'];
}

/** Why the accelerator cannot be used; undefined when it seems that it can. */
async function obstacleTo(accelerator: Exclude<Accelerator, 'tcg'>, probe: AccelerationProbe): Promise<string | undefined> {
  try {
    return await OBSTACLES[accelerator](probe);
  } catch (error) {
    return messageOf(error);
  }
}

const OBSTACLES: Record<Exclude<Accelerator, 'tcg'>, (probe: AccelerationProbe) => Promise<string | undefined>> = {
  async kvm({ cpuInfo, openKvm }) {
    if (!/^flags\s*:.*\b(vmx|svm)\b/m.test(await cpuInfo())) return 'the processor shows no virtualisation (vmx or svm)';
    return openKvm().then(
      () => undefined,
      (error: unknown) => `/dev/kvm cannot be used (${messageOf(error)})`,
    );
  },
  async hvf({ runner }) {
    const { stdout } = await runner.run('sysctl', ['-n', 'kern.hv_support'], { timeout: 5000 });
    return stdout.trim() === '1' ? undefined : 'this Mac has no Hypervisor.framework support (kern.hv_support)';
  },
  async whpx({ runner }) {
    const query = '(Get-CimInstance Win32_ComputerSystem).HypervisorPresent';
    const { stdout } = await runner.run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', query], { timeout: 20_000 });
    return stdout.trim() === 'True' ? undefined : 'the Windows Hypervisor Platform is not on';
  },
};
