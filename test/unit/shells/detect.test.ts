import { describe, expect, it } from 'vitest';
import type { Platform } from '../../../src/host/platform.ts';
import type { ProcessRunner } from '../../../src/host/process-runner.ts';
import { detectShell } from '../../../src/shells/index.ts';

const platform = (os: NodeJS.Platform, env: Record<string, string> = {}): Platform => ({ os, arch: 'x64', env, home: '/h', uid: 0 });

/** Windows with these processes: pid → name and parent, answered as tasklist and PowerShell do. */
function windows(processes: Record<number, { name: string; parent: number }>): ProcessRunner {
  return {
    run: async (file, args) => {
      const pid = Number(/(?:PID eq |ProcessId=)(\d+)/.exec(args.join(' '))?.[1]);
      const found = processes[pid];
      if (file === 'tasklist.exe') {
        const stdout = found ? `"${found.name}","${pid}","Console","1","12,345 K"\r\n` : 'INFO: No tasks are running…\r\n';
        return { exitCode: 0, stdout, stderr: '' };
      }
      return { exitCode: 0, stdout: `${processes[found?.parent ?? 0]?.name ?? ''}\r\n`, stderr: '' };
    },
  };
}

const noRunner: ProcessRunner = { run: () => Promise.reject(new Error('nothing may be started')) };

describe('detectShell', () => {
  it.each([
    ['/bin/bash', 'bash'],
    ['/usr/bin/fish', 'fish'],
    ['/bin/tcsh', 'tcsh'],
    ['/bin/csh', 'csh'],
    ['/usr/bin/pwsh', 'pwsh'],
  ])('takes the last part of SHELL=%s', async (shell, name) => {
    expect(await detectShell(platform('linux', { SHELL: shell }), noRunner, 1)).toBe(name);
    expect(await detectShell(platform('darwin', { SHELL: shell }), noRunner, 1)).toBe(name);
  });

  it.each([{}, { SHELL: '' }])('does not guess without SHELL', async (env) => {
    await expect(detectShell(platform('linux', env), noRunner, 1)).rejects.toMatchObject({
      code: 'UNKNOWN_SHELL',
      message: 'Error: Unknown shell',
    });
  });

  it.each([
    [{ SHELL: 'C:\\Program Files\\Git\\usr\\bin\\bash.exe' }, 'bash'],
    [{ SHELL: '/usr/bin/bash' }, 'bash'],
    [{ SHELL: '/usr/bin/bash', __fish_bin_dir: '/usr/bin' }, 'fish'],
  ])('believes SHELL on Windows too: %j', async (env, name) => {
    expect(await detectShell(platform('win32', env), noRunner, 1)).toBe(name);
  });

  it.each([
    ['pwsh.exe', 'explorer.exe', 'powershell'],
    ['powershell.exe', 'explorer.exe', 'powershell'],
    ['PowerShell_ISE.exe', 'explorer.exe', 'powershell'],
    ['CMD.EXE', 'pwsh.exe', 'cmd'],
    ['node.exe', 'pwsh.exe', 'powershell'],
    ['node.exe', 'cmd.exe', 'cmd'],
    ['node.exe', 'WindowsTerminal.exe', 'cmd'],
  ])('asks who started us on Windows: %s, started by %s', async (parent, grandparent, name) => {
    const runner = windows({ 20: { name: parent, parent: 10 }, 10: { name: grandparent, parent: 1 } });
    expect(await detectShell(platform('win32'), runner, 20)).toBe(name);
  });
});
