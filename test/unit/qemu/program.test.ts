import type { Platform } from 'tsmachine/driver';
import { describe, expect, it } from 'vitest';
import { findProgram, installHint } from '../../../drivers/qemu/src/program.ts';

const platform: Platform = { os: 'linux', arch: 'x64', env: { PATH: '/nowhere:/usr/sbin:/usr/bin:/bin' }, home: '/home/u', uid: 1000 };

describe('the QEMU program', () => {
  it('is found on PATH, or where it is said to be', async () => {
    expect(await findProgram('sh', platform)).toMatch(/^(\/usr)?\/s?bin\/sh$/);
    expect(await findProgram('/bin/sh', platform)).toBe('/bin/sh');
  });

  it('is missing with exit code 3 and the package to install', async () => {
    await expect(findProgram('qemu-system-none', platform)).rejects.toMatchObject({
      code: 'QEMU_MISSING',
      exitCode: 3,
      hint: expect.any(String),
    });
    await expect(findProgram('/etc/passwd', platform)).rejects.toThrow('expected the program /etc/passwd');
    await expect(findProgram('sh', { ...platform, env: {} })).rejects.toMatchObject({ code: 'QEMU_MISSING' });
  });

  it.each([
    ['ID=debian\n', 'apt-get install qemu-system-x86 qemu-utils'],
    ['ID=linuxmint\nID_LIKE="ubuntu debian"\n', 'apt-get install qemu-system-x86 qemu-utils'],
    ['ID=fedora\n', 'dnf install qemu-system-x86-core qemu-img'],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', 'dnf install'],
    ['ID=arch\n', 'pacman -S qemu-system-x86'],
    ['ID=alpine\n', 'apk add qemu-system-x86_64'],
    ['ID="opensuse-leap"\nID_LIKE="suse opensuse"\n', 'zypper install qemu-x86'],
    ['ID=other\n', "Install QEMU's x86-64 system emulator"],
    ['', "Install QEMU's x86-64 system emulator"],
  ])('on %j is installed by %s', async (osRelease, command) => {
    expect(await installHint({ os: 'linux' }, async () => osRelease)).toContain(command);
  });

  it('is installed by brew on macOS and winget on Windows', async () => {
    expect(await installHint({ os: 'darwin' })).toContain('brew install qemu');
    expect(await installHint({ os: 'win32' })).toContain('winget install');
  });
});
