import { describe, expect, it } from 'vitest';
import { type AccelerationProbe, accelerationCandidates } from '../../../drivers/qemu/src/accelerators.ts';

const answers = (stdout: string): AccelerationProbe['runner'] => ({ run: async () => ({ exitCode: 0, stdout, stderr: '' }) });
const probe = (change: Partial<AccelerationProbe>): AccelerationProbe => ({
  platform: { os: 'linux', arch: 'x64' },
  runner: answers(''),
  cpuInfo: async () => 'processor\t: 0\nflags\t\t: fpu vme svm lm\n',
  openKvm: async () => {},
  ...change,
});
const chosen = async (change: Partial<AccelerationProbe>) =>
  (await accelerationCandidates(probe(change))).map(({ accelerator }) => accelerator);

describe('the accelerator', () => {
  it('is kvm where the processor and /dev/kvm allow it, with TCG to fall back on', async () => {
    expect(await chosen({})).toEqual(['kvm', 'tcg']);
    expect(await chosen({ cpuInfo: async () => 'flags : fpu vmx\n' })).toEqual(['kvm', 'tcg']);
  });

  it('is TCG where the processor shows no virtualisation, though /dev/kvm opens', async () => {
    const [first, ...rest] = await accelerationCandidates(probe({ cpuInfo: async () => 'flags\t: fpu vme\nvmx flags\t: none\n' }));
    expect(first).toEqual({ accelerator: 'tcg', reason: 'the processor shows no virtualisation (vmx or svm)' });
    expect(rest).toEqual([]);
  });

  it('is TCG where /dev/kvm is not this user’s, and says so', async () => {
    const openKvm = () => Promise.reject(new Error("EACCES: permission denied, access '/dev/kvm'"));
    const [first] = await accelerationCandidates(probe({ openKvm }));
    expect(first?.accelerator).toBe('tcg');
    expect(first?.reason).toContain('permission denied');
  });

  it('is hvf on an Intel Mac that has it', async () => {
    const platform = { os: 'darwin', arch: 'x64' } as const;
    expect(await chosen({ platform, runner: answers('1\n') })).toEqual(['hvf', 'tcg']);
    expect(await chosen({ platform, runner: answers('0\n') })).toEqual(['tcg']);
    const failing = { run: () => Promise.reject(new Error('sysctl is not installed')) };
    expect(await chosen({ platform, runner: failing })).toEqual(['tcg']);
  });

  it('is whpx on Windows where a hypervisor is on', async () => {
    const platform = { os: 'win32', arch: 'x64' } as const;
    expect(await chosen({ platform, runner: answers('True\r\n') })).toEqual(['whpx', 'tcg']);
    expect(await chosen({ platform, runner: answers('False\r\n') })).toEqual(['tcg']);
  });

  it('is TCG for x86-64 guests on other processors', async () => {
    expect(await chosen({ platform: { os: 'darwin', arch: 'arm64' } })).toEqual(['tcg']);
    expect(await chosen({ platform: { os: 'linux', arch: 'arm64' } })).toEqual(['tcg']);
  });
});
