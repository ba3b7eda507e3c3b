/** What goes wrong while a real server is set up: the reason in a line or two, nothing lost, and the same command again ends well. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CuttingRelay, cuttingRelay } from '../../support/cutting-relay.ts';
import { killPoints } from '../../support/killed-commands.ts';
import { bootServer, type Server, type ServerUser } from '../../support/server.ts';
import { type CliOutcome, ServerStore } from '../../support/server-store.ts';
import { temporaryFolder } from '../../support/temporary.ts';

let server: Server;
let ssh: CuttingRelay;
let engine: CuttingRelay;
const store = new ServerStore();
/** Over relays, so that the connection can be cut. */
const create = (to: ServerStore, user: ServerUser, ...more: string[]) =>
  to.createWords(
    { host: '127.0.0.1', port: ssh.port, keyPath: server.keyPath },
    'm',
    user,
    '--generic-engine-port',
    String(engine.port),
    ...more,
  );

beforeAll(async () => {
  server = await bootServer({ space: '700m' });
  ssh = await cuttingRelay(server.host, 22);
  engine = await cuttingRelay(server.host);
});
afterAll(async () => {
  ssh?.close();
  engine?.close();
  await server?.dispose();
});

/** Two lines at most, no stack; and the entry that says why. */
function expectReason(of: ServerStore, { code, stderr }: CliOutcome, reason: RegExp): void {
  const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('First contact'));
  expect(stderr).toMatch(reason);
  expect(lines.length, stderr).toBeLessThanOrEqual(2);
  expect(code).toBe(1);
  expect(JSON.parse(of.text('m', 'tsmachine.json'))).toMatchObject({
    phase: 'failed',
    error: { message: expect.stringMatching(reason) },
  });
}

/** The engine answers over TLS, there is one of it, and nothing of ours lies or runs about. */
async function expectWhole(of: ServerStore): Promise<void> {
  expect(await of.must('ls', '-f', '{{.State}} {{.DockerVersion}} {{.Error}}')).toMatch(/^Running v\d+\.\d+\S* \n$/);
  expect(await server.must('pgrep -xc dockerd')).toBe('1');
  expect(await server.must('find / -xdev -name ".tsmachine.*"; ls -A /tmp/tmp.* /run/tsmachine/* 2>/dev/null; dpkg --audit')).toBe('');
  await server.must('flock -n /run/tsmachine.lock true');
  await expect.poll(async () => (await server.run('pgrep -la -u deploy; pgrep -la sudo')).stdout).toBe('');
}

/** A package whose installation waits until /run/go is there, in the way a long upgrade holds dpkg's locks. */
async function holdPackageLock(server: Server): Promise<() => Promise<unknown>> {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'DEBIAN'));
  writeFileSync(
    join(folder, 'DEBIAN/control'),
    'Package: slow\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.com>\nDescription: slow\n',
  );
  writeFileSync(join(folder, 'DEBIAN/preinst'), '#!/bin/sh\ntouch /run/holding\nuntil [ -e /run/go ]; do sleep 0.1; done\n', {
    mode: 0o755,
  });
  execFileSync('dpkg-deb', ['--root-owner-group', '-b', folder, `${folder}.deb`], { stdio: 'ignore' });
  await server.must('base64 -d >/root/slow.deb', { input: readFileSync(`${folder}.deb`).toString('base64') });
  const installed = server.must('DEBIAN_FRONTEND=noninteractive apt-get -q -y install /root/slow.deb');
  await server.must('until [ -e /run/holding ]; do sleep 0.1; done');
  return async () => {
    await server.must('touch /run/go');
    await installed;
  };
}

describe('a server without Docker', () => {
  it.each([0, 150])('with %i MiB left says that it wants more', async (mebibytes) => {
    await server.must(`rm -f /fill; fallocate -l $(($(df --output=avail -B1 / | tail -1) - ${mebibytes << 20})) /fill`);
    expectReason(store, await store.run(create(store, 'deploy')), /[Nn]o space left on device|enough free space/);
    await server.must('rm /fill');
  });

  it('waits for another package manager; cut off amid the installation, the same create finishes it', async () => {
    const letGo = await holdPackageLock(server);
    let breaking: Promise<void> | undefined;
    const broken = await store.run(create(store, 'deploy'), (said) => {
      if (said.includes('Waiting for another package manager')) breaking ??= cutInDpkg(letGo);
    });
    await breaking;
    expectReason(store, broken, /before the command ended/);
    expect(broken.stderr).toContain('run the same command again');
    const again = await store.run(create(store, 'deploy'));
    expect(again.code, again.stdout + again.stderr).toBe(0);
    await expectWhole(store);
  });
});

describe('a server with Docker', () => {
  it('is set up by several at once, one after the other', async () => {
    const before = await server.must('cat /etc/docker/server.pem');
    const stores = [1, 2, 3].map(() => new ServerStore().copyOf(store));
    for (const [at, { path }] of stores.entries()) {
      const config = join(path, 'machines/m/config.json');
      writeFileSync(config, readFileSync(config, 'utf8').replaceAll(store.path, path).replace('"Labels": []', `"Labels": ["at=${at}"]`));
    }
    const outcomes = await Promise.all(stores.map((each) => each.run(['provision', 'm'])));
    for (const { code, stdout, stderr } of outcomes) expect(code, stdout + stderr).toBe(0);
    expect(outcomes.filter(({ stdout }) => stdout.includes('Waiting for another one who sets this machine up...')).length).toBeGreaterThan(
      0,
    );
    expect(await server.must('cat /etc/docker/server.pem')).toBe(before);
    expect(await server.must('grep -o "at=[0-9]" /etc/default/docker')).toMatch(/^at=[0-2]$/);
    for (const each of stores) await expectWhole(each);
    await store.must('provision', 'm');
    expect((await server.run('grep at= /etc/default/docker')).code).toBe(1);
  });

  it('takes new certificates after the connection broke at any point', async () => {
    const begun = ssh.bytes();
    await store.must('regenerate-certs', '-f', 'm');
    const all = ssh.bytes() - begun;
    let failed = 0;
    for (const point of killPoints(3)) {
      ssh.cutOnceAfter(Math.round(point * all));
      const { code, stdout, stderr } = await store.run(['regenerate-certs', '-f', 'm']);
      ssh.cutOnceAfter(Number.POSITIVE_INFINITY);
      if (code === 0) continue; // before the login it is made once more
      failed++;
      expect(stderr, `after ${point.toFixed(3)} of ${all} bytes: ${stdout}`).toMatch(
        /(connection broke|before the command ended).*\nrun the same command again/,
      );
      expect(stderr.trim().split('\n').length, stderr).toBeLessThanOrEqual(2);
      await store.must('provision', 'm');
      await expectWhole(store);
    }
    expect(failed).toBeGreaterThan(0);
  });

  it('wants sudo, and says so before it changes anything', async () => {
    const touched = 'find /etc /usr /var/lib/docker -xdev -newer /root/marker';
    await server.must('touch /root/marker; mv /usr/bin/sudo /root/sudo');
    const other = new ServerStore();
    expectReason(other, await other.run(create(other, 'deploy')), /user deploy is not root, and the machine has no sudo/);
    await server.must('mv /root/sudo /usr/bin/sudo');
    for (const user of ['admin', 'plain'] as const) {
      const asked = new ServerStore();
      expectReason(asked, await asked.run(create(asked, user)), new RegExp(`password of user ${user}, and there is nobody to ask`));
    }
    expect(await server.must(touched)).toBe('/usr/bin');
    await other.must(...create(other, 'deploy'));
    await expectWhole(other);
  });
});

async function cutInDpkg(letGo: () => Promise<unknown>): Promise<void> {
  await letGo();
  await server.must('until pgrep -x dpkg >/dev/null; do sleep 0.02; done');
  ssh.cut();
}
