import { posix, win32 } from 'node:path';
import { MachineError } from '../core/errors.ts';
import type { Platform } from '../host/platform.ts';
import type { ProcessRunner } from '../host/process-runner.ts';

/**
 * The shell that will read our output: the last part of $SHELL; on Windows without it, the program that started us or the one
 * that started that. Throws UNKNOWN_SHELL when nothing tells.
 */
export async function detectShell(platform: Platform, runner: ProcessRunner, parentPid: number): Promise<string> {
  const shell = platform.env.SHELL ?? '';
  if (platform.os === 'win32') {
    if (shell === '') return windowsShell(runner, parentPid);
    if (platform.env.__fish_bin_dir) return 'fish';
    return win32.basename(shell).replace(/\.exe$/i, '');
  }
  if (shell !== '') return posix.basename(shell);
  throw new MachineError('UNKNOWN_SHELL', 'Error: Unknown shell', { hint: 'Name the shell you use with --shell' });
}

async function windowsShell(runner: ProcessRunner, parentPid: number): Promise<string> {
  const parent = await programName(runner, parentPid);
  const direct = shellOfProgram(parent);
  if (direct !== undefined) return direct;
  const grandparent = await grandparentName(runner, parentPid);
  return shellOfProgram(grandparent) ?? 'cmd';
}

/** `pwsh.exe` and `powershell.exe`, or `cmd.exe`. */
function shellOfProgram(name: string): string | undefined {
  const lower = name.toLowerCase();
  if (lower.includes('powershell') || lower.includes('pwsh')) return 'powershell';
  return lower.includes('cmd') ? 'cmd' : undefined;
}

/** tasklist is much quicker than starting PowerShell to ask; its answer is one CSV line, or a sentence when there is none. */
async function programName(runner: ProcessRunner, pid: number): Promise<string> {
  const { stdout } = await runner.run('tasklist.exe', ['/FI', `PID eq ${pid}`, '/FO', 'CSV', '/NH'], { allowFailure: true });
  return /^\s*"([^"]*)"/.exec(stdout)?.[1] ?? '';
}

async function grandparentName(runner: ProcessRunner, pid: number): Promise<string> {
  const query =
    `$p = Get-CimInstance Win32_Process -Filter 'ProcessId=${pid}'; ` +
    `(Get-CimInstance Win32_Process -Filter "ProcessId=$($p.ParentProcessId)").Name`;
  const args = ['-NoProfile', '-NonInteractive', '-Command', query];
  const { stdout } = await runner.run('powershell.exe', args, { allowFailure: true });
  return stdout.trim();
}
