import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { systemCode } from '../core/errors.ts';

export interface FileLockOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called once when another process holds the lock for longer than a second. */
  readonly onWait?: () => void;
}

/** A holder touches its lock every second; one that did not for this long (milliseconds) is dead and its lock is taken over. */
const STALE = 5_000;

/**
 * Runs `work` while no other process holds the lock at `path`. Waits as long as it takes; an abort ends the waiting with the
 * signal's reason. Not re-entrant. The lock of a process that died is taken over after five seconds.
 */
export async function withFileLock<T>(path: string, options: FileLockOptions, work: () => Promise<T>): Promise<T> {
  const { default: lockfile } = await import('proper-lockfile');
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const begun = options.clock.now();
  let told = false;
  for (;;) {
    options.signal.throwIfAborted();
    let release: () => Promise<void>;
    try {
      release = await lockfile.lock(path, { lockfilePath: path, realpath: false, stale: STALE, update: 1_000, onCompromised: () => {} });
    } catch (error) {
      if (systemCode(error) !== 'ELOCKED') throw error;
      if (!told && options.clock.now() - begun > 1_000) {
        told = true;
        options.onWait?.();
      }
      await options.clock.sleep(20 + Math.random() * 60, options.signal);
      continue;
    }
    try {
      return await work();
    } finally {
      await release().catch(() => {}); // gone already: taken over while this computer slept
    }
  }
}
