import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLogger } from '../../../src/core/logger.ts';
import { guestNode, packageFiles } from '../../../src/core/package-files.ts';
import { processRunner } from '../../../src/host/process-runner.ts';
import { findMirrors } from '../../../src/image/debian/archive.ts';
import { imageFileNames, readManifest } from '../../../src/image/manifest.ts';
import { bundleProgram } from '../../support/bundle.ts';

const NOBODY = 65534;

interface Circumstances {
  readonly name: string;
  readonly cache: string;
  readonly umask: string;
  readonly timeZone: string;
  /** As faketime wants it; nothing: the real time. */
  readonly date?: string;
  readonly user?: number;
  readonly from?: string;
}

let scratch: string;
let mirror: string;

beforeAll(async () => {
  scratch = mkdtempSync(join(tmpdir(), 'tsm-image-'));
  chmodSync(scratch, 0o755);
  for (const program of ['faketime', 'setpriv']) requireProgram(program);
  const files = packageFiles();
  await bundleProgram(resolve(import.meta.dirname, 'build-program.ts'), join(scratch, 'build.mjs'));
  cpSync(files.templatesDir, join(scratch, 'templates'), { recursive: true });
  cpSync(files.engineDir, join(scratch, 'engine'), { recursive: true });
  copyFileSync(guestNode(files), join(scratch, 'node'));
  chmodSync(join(scratch, 'node'), 0o755);
  execFileSync('chmod', ['-R', 'a+rX', scratch]);
  mirror = (await findMirrors(undefined, processRunner(silentLogger))).main;
});

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function requireProgram(program: string): void {
  const debianPackage = program === 'setpriv' ? 'util-linux' : program;
  if (spawnSync(program, ['--version']).error) throw new Error(`this test needs ${program}: apt-get install ${debianPackage}`);
}

function build(circumstances: Circumstances): { outDir: string; digest: string; user: number; year: number } {
  const { name, user = 0, date } = circumstances;
  const home = join(scratch, name);
  const [outDir, cacheDir] = [join(home, 'out'), join(scratch, circumstances.cache)];
  for (const folder of [home, outDir, cacheDir]) {
    mkdirSync(folder, { recursive: true });
    chownSync(folder, user, user);
  }
  const inputs = { templatesDir: join(scratch, 'templates'), engineDir: join(scratch, 'engine'), nodeBinary: join(scratch, 'node') };
  const options = JSON.stringify({ ...inputs, outDir, cacheDir, mirror, umask: circumstances.umask, from: circumstances.from });
  const program = [join(scratch, 'node'), join(scratch, 'build.mjs'), options];
  const faked = date === undefined ? program : ['faketime', '-f', date, ...program];
  const output = execFileSync('setpriv', [`--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--', ...faked], {
    encoding: 'utf8',
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: home, TMPDIR: home, TZ: circumstances.timeZone },
    cwd: home,
  });
  return { outDir, ...JSON.parse(output) };
}

it('gives the same bytes to another user with another umask, time zone, date and folder, downloaded or from the cache', async () => {
  const first = build({ name: 'first', cache: 'empty-cache', umask: '022', timeZone: 'UTC' });
  cpSync(join(scratch, 'empty-cache'), join(scratch, 'warm-cache'), { recursive: true });
  execFileSync('chown', ['-R', String(NOBODY), join(scratch, 'warm-cache')]);
  const other = build({
    name: 'elsewhere/second',
    cache: 'warm-cache',
    umask: '077',
    timeZone: 'Pacific/Auckland',
    date: '@2025-03-01 01:02:03',
    user: NOBODY,
    from: join(first.outDir, 'manifest.json'),
  });
  expect(other.user).toBe(NOBODY);
  expect(other.year).toBe(2025);
  expect(readdirSync(other.outDir).sort()).toEqual([...imageFileNames, 'manifest.json'].sort());
  for (const name of [...imageFileNames, 'manifest.json'])
    expect(readFileSync(join(other.outDir, name)).equals(readFileSync(join(first.outDir, name))), name).toBe(true);
  expect(other.digest).toBe(first.digest);
  expect((await readManifest(first.outDir)).inputs.packages.length).toBeGreaterThan(50);
}, 600_000);

it('holds every library its programs want, no link to nothing, and no more than the budget', () => {
  const [image, tree] = [join(scratch, 'first/out'), join(scratch, 'tree')];
  execFileSync('unsquashfs', ['-quiet', '-no-progress', '-dest', tree, join(image, 'root.squashfs')]);
  const files = readdirSync(tree, { recursive: true, withFileTypes: true });
  const names = new Set(files.map(({ name }) => name));
  const programs = files
    .filter((entry) => entry.isFile() && !/\.(ko|node|o)$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  const dynamic = spawnSync('readelf', ['--dynamic', ...programs], { encoding: 'utf8', maxBuffer: 1 << 28 }).stdout;
  const needed = new Set([...dynamic.matchAll(/\(NEEDED\).*\[(.+?)\]/g)].map(([, library]) => library ?? ''));
  expect(needed.has('libc.so.6')).toBe(true);
  expect([...needed].filter((library) => !names.has(library))).toEqual([]);

  const links = files.filter((entry) => entry.isSymbolicLink() && entry.parentPath.endsWith('/usr/bin'));
  const broken = links.filter(({ parentPath, name }) => !existsSync(insideOf(tree, readlinkSync(join(parentPath, name)), parentPath)));
  expect(broken.map(({ name }) => name)).toEqual([]);

  const bytes = [...imageFileNames].reduce((sum, name) => sum + statSync(join(image, name)).size, 0);
  expect(bytes).toBeLessThan(200e6);
  const setuid = programs.filter((path) => statSync(path).mode & 0o6000).map((path) => realpathSync(path).slice(tree.length));
  expect([...new Set(setuid)].sort()).toEqual(['/usr/bin/mount', '/usr/bin/su', '/usr/bin/sudo', '/usr/bin/umount']);
}, 300_000);

/** Where a link leads when the tree is the root. */
function insideOf(tree: string, target: string, from: string): string {
  return target.startsWith('/') ? join(tree, target) : resolve(from, target);
}
