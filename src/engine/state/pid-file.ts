import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Keeps two engines off one data root: the file names the engine that runs. Throws Error with dockerd's words when that
 * process lives. Returns the way to give it up.
 */
export function claimPidFile(path: string): () => void {
  const owner = readOwner(path);
  if (owner !== undefined && owner !== process.pid && isEngine(owner)) {
    throw new Error(`ensure docker is not running or delete ${path}: process with PID ${owner} is still running`);
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, String(process.pid));
  return () => rmSync(path, { force: true });
}

function readOwner(path: string): number | undefined {
  try {
    const pid = Number(readFileSync(path, 'utf8').trim());
    return Number.isInteger(pid) && pid > 1 ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** A pid may have been given to another program since. */
function isEngine(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('dockerd');
  } catch {
    return false;
  }
}
