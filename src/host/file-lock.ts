/**
 * Locks between processes that the kernel lets go of when their holder dies, however it dies, so that none is ever stale: an
 * abstract socket on Linux, a named pipe on Windows, an O_EXLOCK'ed file where BSD's open(2) has that. (A lock file with a time
 * stamp needs seconds of silence before a dead holder is believed dead, and two waiters can both believe it.)
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { basename, dirname } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { systemCode } from '../core/errors.ts';
import { makeFolder } from '../core/folder.ts';
import type { Platform } from './platform.ts';

export interface FileLockOptions {
  readonly platform: Pick<Platform, 'os'>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called once when another process holds the lock for longer than a second. */
  readonly onWait?: () => void;
}

type Release = () => Promise<void>;

const O_EXLOCK = 0x20; // <fcntl.h> of macOS and the BSDs; Node has no name for it

/**
 * Runs `work` while no other process (and nobody else in this one) holds the lock of that path, whose folder is made. Waits as
 * long as it takes; an abort ends the waiting with the signal's reason. Not re-entrant.
 */
export async function withFileLock<T>(path: string, options: FileLockOptions, work: () => Promise<T>): Promise<T> {
  await makeFolder(dirname(path));
  const release = await acquire(path, options);
  try {
    return await work();
  } finally {
    await release();
  }
}

async function acquire(path: string, { platform, clock, signal, onWait }: FileLockOptions): Promise<Release> {
  const begun = clock.now();
  for (let told = false; ; ) {
    signal.throwIfAborted();
    const release = await tryFileLock(path, platform);
    if (release) return release;
    if (!told && clock.now() - begun > 1_000) {
      told = true;
      onWait?.();
    }
    await clock.sleep(20 + Math.random() * 40, signal);
  }
}

/** Takes the lock of that path, whose folder exists, until it is released or this process ends; undefined when another holds it. */
export async function tryFileLock(path: string, platform: FileLockOptions['platform']): Promise<Release | undefined> {
  if (platform.os === 'linux') return holdName(`\0${await lockName(path)}`);
  if (platform.os === 'win32') return holdName(`\\\\.\\pipe\\${await lockName(path)}`);
  return holdFile(path);
}

/** Two spellings of one folder are one lock, whoever asks. */
async function lockName(path: string): Promise<string> {
  const { dev, ino } = await stat(dirname(path), { bigint: true });
  const digest = createHash('sha256')
    .update(`${dev}:${ino}:${basename(path)}`)
    .digest('hex')
    .slice(0, 32);
  return `tsmachine-lock-${digest}`;
}

function holdName(name: string): Promise<Release | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error) =>
      systemCode(error) === 'EADDRINUSE' || systemCode(error) === 'EACCES' ? resolve(undefined) : reject(error),
    );
    server.listen(name, () => {
      server.unref();
      resolve(() => new Promise((closed) => server.close(() => closed())));
    });
  });
}

async function holdFile(path: string): Promise<Release | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY | constants.O_CREAT | constants.O_NONBLOCK | O_EXLOCK, 0o600);
    return () => file.close();
  } catch (error) {
    if (systemCode(error) === 'EAGAIN') return undefined;
    throw error;
  }
}
