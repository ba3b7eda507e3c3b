import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Folder of a process's cgroup in the unified hierarchy. Throws ENOENT when the process is gone. */
export function cgroupFolder(pid: number): string {
  const line = readFileSync(`/proc/${pid}/cgroup`, 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith('0::'));
  return join('/sys/fs/cgroup', line?.slice(3) ?? '');
}

/** All processes of a process's cgroup, as this process numbers them. */
export function cgroupProcesses(pid: number): number[] {
  const text = readFileSync(join(cgroupFolder(pid), 'cgroup.procs'), 'utf8');
  return text.split('\n').filter(Boolean).map(Number);
}

/** Stops or continues every process of the cgroup. */
export function freeze(pid: number, frozen: boolean): void {
  writeFileSync(join(cgroupFolder(pid), 'cgroup.freeze'), frozen ? '1' : '0');
}
