/** Root file systems of the engines under comparison, made once by mmdebstrap and cached in `.cache/oracle`. */

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { debianMirror } from '../../scripts/content/debian.ts';

const exec = promisify(execFile);

export const PROJECT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
export const CACHE = join(PROJECT, '.cache', 'oracle');

export type Suite = 'bookworm' | 'trixie' | 'sid';

const DOCKER = ['docker.io', 'iptables', 'iproute2', 'ca-certificates'];
/** docker.io of sid has its client in a package of its own; bookworm's dockerd needs apparmor's parser. trixie holds our engine and what it runs. */
const PACKAGES: Record<Suite, string[]> = {
  bookworm: [...DOCKER, 'apparmor'],
  sid: [...DOCKER, 'docker-cli'],
  trixie: ['crun', 'iproute2', 'nftables', 'mount', 'zstd', 'ca-certificates', 'libatomic1'],
};

/** No documentation; and a clock that is late or early must not keep a test from running (signatures are still verified). */
export const MMDEBSTRAP_OPTIONS = [
  '--aptopt=Acquire::Check-Valid-Until "false"',
  ...['doc', 'man', 'locale'].map((dir) => `--dpkgopt=path-exclude=/usr/share/${dir}/*`),
];

/** The folder of a suite's root; made when it is not there (20-60 s). Several processes may ask at once. */
export async function suiteRoot(suite: Suite): Promise<string> {
  const root = join(CACHE, suite);
  if (
    await access(root).then(
      () => true,
      () => false,
    )
  )
    return root;
  const { url } = await debianMirror();
  const making = `${root}.${randomUUID()}.tmp`;
  await mkdir(dirname(root), { recursive: true });
  await needs('mmdebstrap', 'mmdebstrap');
  await exec('mmdebstrap', ['--variant=minbase', `--include=${PACKAGES[suite].join(',')}`, ...MMDEBSTRAP_OPTIONS, suite, making, url], {
    maxBuffer: 1 << 26,
  });
  await rename(making, root).catch(() => rm(making, { recursive: true, force: true }));
  return root;
}

/** Fails with the Debian package to install when a program is missing. */
export async function needs(program: string, debianPackage: string): Promise<void> {
  await exec('which', [program]).catch(() => {
    throw new Error(`expected the program ${program}, found none: apt-get install ${debianPackage}`);
  });
}
