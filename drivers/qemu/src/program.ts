/** Finding QEMU, and saying how to install it where it is missing. */
import { constants } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { posix, win32 } from 'node:path';
import { MachineError, type Platform, type ProcessRunner } from 'tsmachine/driver';

/** Absolute path of the program. Throws `QEMU_MISSING` with the package to install. */
export async function findProgram(program: string, platform: Platform): Promise<string> {
  for (const candidate of candidates(program, platform)) if (await isExecutable(candidate)) return candidate;
  throw new MachineError('QEMU_MISSING', `expected the program ${program} on PATH, found none`, {
    hint: await installHint(platform),
    exitCode: 3,
  });
}

function candidates(program: string, { os, env }: Platform): string[] {
  const { isAbsolute, delimiter, join } = os === 'win32' ? win32 : posix;
  if (isAbsolute(program)) return [program];
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter((folder) => folder !== '');
  if (os !== 'win32') return folders.map((folder) => join(folder, program));
  folders.push(join(env.ProgramFiles ?? 'C:\\Program Files', 'qemu')); // QEMU's installer leaves PATH alone
  const name = program.toLowerCase().endsWith('.exe') ? program : `${program}.exe`;
  return folders.map((folder) => join(folder, name));
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

const LINUX_PACKAGES: readonly [family: RegExp, command: string][] = [
  [/debian|ubuntu/, 'apt-get install qemu-system-x86 qemu-utils'],
  [/fedora|rhel|centos/, 'dnf install qemu-system-x86-core qemu-img'],
  [/arch/, 'pacman -S qemu-system-x86 qemu-img'],
  [/alpine/, 'apk add qemu-system-x86_64 qemu-img'],
  [/suse/, 'zypper install qemu-x86 qemu-tools'],
];

/** The command that installs QEMU on this system. */
export async function installHint({ os }: Pick<Platform, 'os'>, osRelease: () => Promise<string> = readOsRelease): Promise<string> {
  if (os === 'darwin') return 'Install it with: brew install qemu';
  if (os === 'win32') return 'Install it with: winget install SoftwareFreedomConservancy.QEMU';
  const ids = [...(await osRelease()).matchAll(/^ID(?:_LIKE)?=(.*)$/gm)].map((match) => match[1]).join(' ');
  const command = LINUX_PACKAGES.find(([family]) => family.test(ids))?.[1];
  return command === undefined ? "Install QEMU's x86-64 system emulator and qemu-img" : `Install it with: ${command}`;
}

function readOsRelease(): Promise<string> {
  return readFile('/etc/os-release', 'utf8').catch(() => '');
}

/** `[major, minor]`; [0, 0] when the program does not say. */
export async function programVersion(program: string, runner: ProcessRunner): Promise<[number, number]> {
  const { stdout } = await runner.run(program, ['--version'], { timeout: 20_000 });
  const found = /version (\d+)\.(\d+)/.exec(stdout);
  return [Number(found?.[1] ?? 0), Number(found?.[2] ?? 0)];
}
