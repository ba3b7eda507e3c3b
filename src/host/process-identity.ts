/**
 * Knowing a process again. A process id alone is not enough: it is given to another process after a while, at once after a
 * reboot. With the instant the process started (and, on Linux, the boot) it is.
 */
import { readFile } from 'node:fs/promises';
import { systemCode } from '../core/errors.ts';
import type { Platform } from './platform.ts';
import type { ProcessRunner } from './process-runner.ts';

export interface ProcessIdentity {
  readonly pid: number;
  /** Opaque; equal only for the same process of the same boot. */
  readonly started: string;
}

/** What is needed to look at processes; on Linux the runner is not used. */
export interface ProcessProbe {
  readonly platform: Pick<Platform, 'os'>;
  readonly runner: Pick<ProcessRunner, 'run'>;
}

/** The identity of a living process; undefined when there is none of this id or it has ended (a zombie has). */
export async function identifyProcess(pid: number, probe: ProcessProbe): Promise<ProcessIdentity | undefined> {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined;
  const started = await startOf(pid, probe);
  return started === undefined ? undefined : { pid, started };
}

/** Whether this very process still lives. */
export async function isAlive(identity: ProcessIdentity, probe: ProcessProbe): Promise<boolean> {
  return (await identifyProcess(identity.pid, probe))?.started === identity.started;
}

/** The command line of a living process, its arguments joined by one blank; '' when it cannot be told. */
export async function commandLineOf(pid: number, { platform, runner }: ProcessProbe): Promise<string> {
  if (platform.os === 'linux') return ((await contentOf(`/proc/${pid}/cmdline`)) ?? '').replaceAll('\0', ' ').trim();
  if (platform.os === 'win32')
    return output(runner, ...powershell(`(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`));
  return output(runner, 'ps', ['-ww', '-o', 'command=', '-p', String(pid)]);
}

async function startOf(pid: number, { platform, runner }: ProcessProbe): Promise<string | undefined> {
  if (platform.os === 'linux') return linuxStart(pid);
  if (platform.os === 'win32')
    return (await output(runner, ...powershell(`(Get-Process -Id ${pid}).StartTime.ToFileTimeUtc()`))) || undefined;
  const [state = '', ...start] = (await output(runner, 'ps', ['-o', 'stat=,lstart=', '-p', String(pid)])).split(/\s+/);
  return state === '' || state.startsWith('Z') ? undefined : start.join(' ');
}

/** proc(5): field 3 of /proc/PID/stat is the state, field 22 the start in clock ticks since the boot. */
async function linuxStart(pid: number): Promise<string | undefined> {
  const [stat, boot] = await Promise.all([contentOf(`/proc/${pid}/stat`), contentOf('/proc/sys/kernel/random/boot_id')]);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' '); // the name in field 2 may hold blanks and parentheses
  const [state = 'X'] = fields;
  return 'ZXx'.includes(state) ? undefined : `${boot?.trim()}:${fields[19]}`;
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ESRCH') return undefined;
    throw error;
  }
}

function powershell(command: string): [string, string[]] {
  return ['powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', command]];
}

async function output(runner: Pick<ProcessRunner, 'run'>, file: string, args: string[]): Promise<string> {
  const result = await runner.run(file, args, { allowFailure: true, timeout: 20_000 });
  return result.exitCode === 0 ? result.stdout.trim() : '';
}
