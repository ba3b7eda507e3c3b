/** Disks of the guests, made once for each recipe and kept in .cache/guests. Needs root (mmdebstrap, mkfs.ext4 -d with owners). */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { debianMirror } from '../../../scripts/content/debian.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { withFileLock } from '../../../src/host/file-lock.ts';
import { thisPlatform } from '../../../src/host/platform.ts';
import { type GuestName, RECIPES, type Recipe } from './recipes.ts';

const exec = promisify(execFile);
const CACHE = resolve(import.meta.dirname, '../../../.cache/guests');
const DISK_BYTES = 8 * 2 ** 30;

/** Password of the guests' user `admin`. */
export const ADMIN_PASSWORD = 'correct horse "battery" $taple';

/** Files of a guest that was never started. */
export interface GuestImage {
  readonly name: GuestName;
  readonly recipe: Recipe;
  readonly dir: string;
  readonly kernel: string;
  readonly initrd: string;
  /** Raw ext4 without partitions; never written to. */
  readonly disk: string;
  /** Private key that every user of the guest lets in. */
  readonly keyPath: string;
}

/** Made when it is not there (30-70 s). Several processes may ask at once. */
export async function guestImage(name: GuestName): Promise<GuestImage> {
  const recipe = RECIPES[name];
  const dir = join(CACHE, `${name}-${await digest(recipe)}`);
  await locked(dir, async () => {
    if (!existsSync(dir)) await make(recipe, dir);
  });
  const file = (base: string) => join(dir, base);
  return { name, recipe, dir, kernel: file('vmlinuz'), initrd: file('initrd'), disk: file('disk.raw'), keyPath: file('id_ed25519') };
}

/** Runs `work` while nobody else makes or starts something of this image. */
export function locked<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const options = { platform: thisPlatform(), clock: systemClock, signal: new AbortController().signal };
  return withFileLock(`${dir}.lock`, options, work);
}

async function digest(recipe: Recipe): Promise<string> {
  const hooks = await Promise.all(recipe.hooks.map((name) => readFile(join(import.meta.dirname, name), 'utf8')));
  const inputs = JSON.stringify([recipe, ADMIN_PASSWORD, DISK_BYTES, hooks]);
  return createHash('sha256').update(inputs).digest('hex').slice(0, 16);
}

async function make(recipe: Recipe, dir: string): Promise<void> {
  for (const program of ['mmdebstrap', 'mkfs.ext4', 'ssh-keygen']) {
    await exec('which', [program]).catch(() => {
      throw new Error(`expected the program ${program}, found none: npm run test:long installs what the long suite needs`);
    });
  }
  if (process.geteuid?.() !== 0) throw new Error('the guests of the long suite are made by mmdebstrap as root, found an ordinary user');
  const making = `${dir}.making`;
  await rm(making, { recursive: true, force: true });
  await mkdir(making, { recursive: true, mode: 0o700 });
  await exec('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', join(making, 'id_ed25519')]);
  const root = join(making, 'root');
  await bootstrap(recipe, root, await readFile(join(making, 'id_ed25519.pub'), 'utf8'));
  for (const [target, prefix] of Object.entries({ vmlinuz: 'vmlinuz-', initrd: 'initrd.img-' })) {
    const found = (await readdir(join(root, 'boot'))).find((name) => name.startsWith(prefix));
    if (found === undefined) throw new Error(`expected ${prefix}* in the guest's /boot, found none`);
    await copyFile(join(root, 'boot', found), join(making, target));
  }
  const disk = await open(join(making, 'disk.raw'), 'w');
  await disk.truncate(DISK_BYTES);
  await disk.close();
  await exec('mkfs.ext4', ['-q', '-F', '-d', root, join(making, 'disk.raw')]);
  await rm(root, { recursive: true });
  await rename(making, dir);
}

async function bootstrap(recipe: Recipe, root: string, publicKey: string): Promise<void> {
  const { url } = await debianMirror();
  const options = [
    ...['--variant=minbase', `--include=${recipe.packages.join(',')}`],
    // A clock that is late or early must not keep a test from running; signatures are still verified.
    '--aptopt=Acquire::Check-Valid-Until "false"',
    ...['doc', 'man', 'locale'].map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
    ...recipe.hooks.map((name) => `--customize-hook=${join(import.meta.dirname, name)}`),
  ];
  const env = { ...process.env, PUBLIC_KEY: publicKey.trim(), ADMIN_PASSWORD };
  // What it mounts goes with it, should it be killed: the next one removes the folder.
  const program = ['--mount', '--propagation', 'private', 'mmdebstrap'];
  await exec('unshare', [...program, ...options, recipe.suite, root, url], { maxBuffer: 1 << 26, env });
}
