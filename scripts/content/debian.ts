/**
 * Debian packages for tests and the first command, without installing them: nothing of the machine's own packages changes
 * and no service starts. The mirror is the one apt is configured with, so that no address is written down here.
 */

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const exec = promisify(execFile);
const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** The mirror URL and suite apt uses for Debian itself. Throws when apt names none. */
export async function debianMirror(): Promise<{ url: string; suite: string }> {
  const format = '$(REPO_URI) $(CODENAME) $(LABEL) $(COMPONENT)';
  const { stdout } = await exec('apt-get', ['indextargets', '--format', format, 'Created-By: Packages']);
  for (const line of stdout.split('\n')) {
    const [url, suite, label, component] = line.split(' ');
    if (url && suite && label === 'Debian' && component === 'main' && !suite.includes('-')) return { url, suite };
  }
  throw new Error('expected a Debian "main" archive in apt\'s configuration, found none: run apt-get update');
}

/**
 * Unpacks one package (not its dependencies) of a suite into `into`, by apt with lists and caches of its own. `into`
 * appears only complete; when it is there already nothing is done, so callers may call this each time.
 */
export async function unpackPackage(name: string, into: string, wantedSuite?: string): Promise<string> {
  if (await exists(into)) return into;
  const mirror = await debianMirror();
  const work = await mkdtemp(join(tmpdir(), 'tsmachine-deb-'));
  try {
    const options = wantedSuite === undefined || wantedSuite === mirror.suite ? [] : await privateApt(work, mirror.url, wantedSuite);
    await exec('apt-get', [...options, '-q', 'download', name], { cwd: work });
    const archive = (await readdir(work)).find((file) => file.endsWith('.deb'));
    if (!archive) throw new Error(`apt-get download ${name} left no package`);
    await mkdir(join(into, '..'), { recursive: true });
    const unpacked = `${into}.${randomUUID()}.tmp`;
    await exec('dpkg-deb', ['-x', join(work, archive), unpacked]);
    await rename(unpacked, into).catch(() => rm(unpacked, { recursive: true, force: true }));
    return into;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** Options that give apt a source list and state in `work`, with that suite's lists fetched. */
async function privateApt(work: string, url: string, suite: string): Promise<string[]> {
  for (const dir of ['lists/partial', 'cache/archives/partial', 'parts']) await mkdir(join(work, dir), { recursive: true });
  await writeFile(join(work, 'sources.list'), `deb [signed-by=${KEYRING}] ${url} ${suite} main\n`);
  const options = Object.entries({
    'Dir::Etc::sourcelist': join(work, 'sources.list'),
    'Dir::Etc::sourceparts': join(work, 'parts'),
    'Dir::State::lists': join(work, 'lists'),
    'Dir::Cache': join(work, 'cache'),
    'APT::Sandbox::User': 'root',
    'Acquire::Languages': 'none',
    // A clock that is late or early must not keep a test from running; signatures are still verified.
    'Acquire::Check-Valid-Until': 'false',
  }).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
  await exec('apt-get', [...options, '-q', 'update'], { maxBuffer: 1 << 24 });
  return options;
}

async function exists(path: string): Promise<boolean> {
  return readdir(path).then(
    () => true,
    () => false,
  );
}
