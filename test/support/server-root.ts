/** The root file system of the servers that tests set up: Debian 12 with OpenRC, made once by mmdebstrap and kept in `.cache/server`. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { debianMirror } from '../../scripts/content/debian.ts';
import { systemClock } from '../../src/core/clock.ts';
import { withFileLock } from '../../src/host/file-lock.ts';
import { thisPlatform } from '../../src/host/platform.ts';

const exec = promisify(execFile);
const CACHE = resolve(import.meta.dirname, '../../.cache/server');
const HOOK = join(import.meta.dirname, 'server-root.sh');
const PACKAGES = ['openssh-server', 'sudo', 'sysvinit-core', 'openrc', 'iproute2', 'procps', 'ca-certificates'];

/** Password of the servers' user `admin`. */
export const ADMIN_PASSWORD = 'correct horse "battery" $taple';

export interface ServerRoot {
  /** Never written to. */
  readonly folder: string;
  /** Private key that every user lets in. */
  readonly keyPath: string;
}

/** Made when it is not there (about a minute). Several processes may ask at once. Needs root. */
export async function serverRoot(): Promise<ServerRoot> {
  if (process.getuid?.() !== 0) throw new Error('expected to run as root: servers of tests need namespaces and mounts');
  const inputs = JSON.stringify([PACKAGES, ADMIN_PASSWORD, await readFile(HOOK, 'utf8')]);
  const place = join(CACHE, createHash('sha256').update(inputs).digest('hex').slice(0, 16));
  await mkdir(CACHE, { recursive: true, mode: 0o700 });
  const options = { platform: thisPlatform(), clock: systemClock, signal: new AbortController().signal };
  await withFileLock(`${place}.lock`, options, async () => {
    if (!existsSync(place)) await make(place);
  });
  return { folder: join(place, 'root'), keyPath: join(place, 'id_ed25519') };
}

async function make(place: string): Promise<void> {
  await exec('which', ['mmdebstrap']).catch(() => {
    throw new Error('expected the program mmdebstrap, found none: apt-get install mmdebstrap');
  });
  const making = `${place}.making`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making);
  const keyPath = join(making, 'id_ed25519');
  await exec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', keyPath]);
  const options = [
    ...['--variant=minbase', `--include=${PACKAGES.join(',')}`, `--customize-hook=${HOOK}`],
    // A clock that is late or early must not keep a test from running; signatures are still verified.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    ...['doc', 'man', 'locale'].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
  ];
  const env = { ...process.env, PUBLIC_KEY: (await readFile(`${keyPath}.pub`, 'utf8')).trim(), ADMIN_PASSWORD };
  const { url } = await debianMirror();
  // What it mounts goes with it, should it be killed: the next one removes the folder.
  const program = ['--mount', '--propagation', 'private', 'mmdebstrap'];
  await exec('unshare', [...program, ...options, 'bookworm', join(making, 'root'), url], { maxBuffer: 1 << 26, env });
  await rename(making, place);
}
