/** Certificates of a running machine: who is refused, and how they change under running containers. */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureAuthority } from '../../src/certs/authority.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { type TestRegistry, testRegistry } from './registry.ts';
import { TestStore } from './store.ts';

const DAY = 24 * 3600 * 1000;

let registry: TestRegistry;
let store: TestStore;

beforeAll(async () => {
  registry = await testRegistry(['busybox']);
  store = new TestStore(registry.mirrorUrl);
  await store.must('create', 'vm');
});

afterAll(async () => {
  await store?.close();
  await registry?.stop();
});

/** The store of another user, or of this one long ago: a CA of its own unless `caFrom` gives one. */
async function clientPair(now: number, caFrom?: string): Promise<{ cert: string; key: string }> {
  const dir = caFrom ?? join(temporaryFolder(), 'certs');
  await mkdir(dir, { recursive: true });
  const file = (name: string) => join(dir, name);
  const other = join(temporaryFolder(), 'client');
  const paths = { caCert: file('ca.pem'), caKey: file('ca-key.pem'), clientCert: `${other}.pem`, clientKey: `${other}-key.pem` };
  await ensureAuthority(paths, { user: 'tester', now, log: silentLogger });
  return { cert: await readFile(paths.clientCert, 'utf8'), key: await readFile(paths.clientKey, 'utf8') };
}

/** Status of `GET /_ping`, or the error's code. */
async function ping(client: { cert?: string; key?: string }): Promise<number | string> {
  const { hostname, port } = new URL((await store.must('url', 'vm')).trim());
  const ca = readFileSync(store.file('vm', 'ca.pem'));
  return new Promise((resolve) => {
    const asked = request({ host: hostname, port, path: '/_ping', ca, agent: false, ...client }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    asked.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
  });
}

describe('the engine', () => {
  it('answers the client of its store', async () => {
    const own = { cert: readFileSync(store.file('vm', 'cert.pem'), 'utf8'), key: readFileSync(store.file('vm', 'key.pem'), 'utf8') };
    expect(await ping(own)).toBe(200);
  });

  it('refuses a client without a certificate', async () => {
    expect(await ping({})).toMatch(/ALERT_CERTIFICATE_REQUIRED|ECONNRESET/);
  });

  it('refuses a client of a foreign CA', async () => {
    expect(await ping(await clientPair(Date.now()))).toMatch(/ALERT|ECONNRESET/);
  });

  it('refuses a client whose certificate is expired', async () => {
    const caFrom = join(store.path, 'certs');
    expect(await ping(await clientPair(Date.now() - 1080 * DAY - DAY / 2, caFrom))).toMatch(/ALERT|ECONNRESET/);
  });
});

/** A container that counts. */
async function startCounting(name: string): Promise<void> {
  const script = 'i=0; while :; do i=$((i+1)); echo $i; usleep 100000; done';
  expect(await store.on('vm', 'run', '-d', '--name', name, 'busybox', 'sh', '-c', script)).toMatchObject({ code: 0 });
}

async function hasMissedNothing(name: string): Promise<void> {
  expect((await store.on('vm', 'ps', '-q', '--filter', `name=${name}`)).stdout).not.toBe('');
  const { code, stdout } = await store.on('vm', 'logs', name);
  expect(code).toBe(0);
  const numbers = stdout.trim().split('\n').map(Number);
  expect(numbers).toEqual(numbers.map((_, index) => index + 1));
}

describe('regenerate-certs', () => {
  const shown = () => new X509Certificate(readFileSync(store.file('vm', 'server.pem'))).serialNumber;
  const inGuest = async () =>
    new X509Certificate(await store.must('ssh', 'vm', 'sudo', 'cat', '/var/lib/boot2docker/server.pem')).serialNumber;

  it('has the lines of docker-machine, and a running container misses nothing', async () => {
    await startCounting('clock');
    const engine = await store.must('ssh', 'vm', 'pgrep', '-f', '^/usr/bin/dockerd');
    const before = shown();
    expect((await store.must('regenerate-certs', '-f', 'vm')).split('\n')).toEqual([
      'Regenerating TLS certificates',
      'Waiting for SSH to be available...',
      'Detecting the provisioner...',
      'Copying certs to the local machine directory...',
      'Copying certs to the remote machine...',
      'Setting Docker configuration on the remote daemon...',
      '',
    ]);
    expect(shown()).not.toBe(before);
    expect(await inGuest()).toBe(shown());
    expect(await store.must('ssh', 'vm', 'pgrep', '-f', '^/usr/bin/dockerd')).toBe(engine);
    await hasMissedNothing('clock');
  });

  it('outlasts a restart: what was handed over at first boot does not come back', async () => {
    const before = shown();
    await store.must('restart', 'vm');
    expect(await inGuest()).toBe(before);
    expect(await store.on('vm', 'version')).toMatchObject({ code: 0 });
  });
});

describe('regenerate-certs --client-certs', () => {
  const certs = (file: string) => readFileSync(join(store.path, 'certs', file), 'utf8');
  const clientOf = (read: (file: string) => string) => ({ cert: read('cert.pem'), key: read('key.pem') });
  const own = () => clientOf((file) => readFileSync(store.file('vm', file), 'utf8'));
  let before: { cert: string; key: string };
  let caBefore: string;

  it('reaches the machine that runs under its containers, and names the one that is off', async () => {
    await store.must('create', 'later');
    await store.must('stop', 'later');
    await startCounting('through');
    before = clientOf(certs);
    caBefore = certs('ca.pem');
    const engine = await store.must('ssh', 'vm', 'pgrep', '-f', '^/usr/bin/dockerd');
    const { code, stdout, stderr } = await store.cli('regenerate-certs', '-f', '--client-certs', 'vm');
    expect([code, stderr]).toEqual([0, 'Machine "later" waits for the new certificates: it does not run: it takes them when it starts\n']);
    expect(stdout).toContain('Regenerating TLS certificates\nRegenerating local certificates\nWaiting for SSH to be available...\n');
    expect(own().cert).not.toBe(before.cert);
    expect(clientOf(certs)).toEqual(before);
    expect([await ping(own()), await ping(clientOf(certs))]).toEqual([200, 200]); // ours, and tools that read certs/
    expect(await store.must('ssh', 'vm', 'pgrep', '-f', '^/usr/bin/dockerd')).toBe(engine);
    expect(JSON.parse(await store.must('certs', '--json'))).toMatchObject({ rotating: true, waiting: ['later'] });
  });

  it('ends when the last machine starts: nobody takes the old client or trusts the old CA any more', async () => {
    await store.must('start', 'later');
    expect(JSON.parse(await store.must('certs', '--json'))).toMatchObject({ rotating: false, waiting: [] });
    expect(certs('ca.pem')).not.toContain(caBefore.trim());
    expect(clientOf(certs)).toEqual(own());
    expect(await ping(before)).toMatch(/ALERT|ECONNRESET/);
    for (const machine of ['vm', 'later']) {
      expect(await store.on(machine, 'version')).toMatchObject({ code: 0 });
      const trusted = await store.must('ssh', machine, 'sudo', 'cat', '/var/lib/boot2docker/ca.pem');
      expect(trusted.trim()).toBe(certs('ca.pem').trim());
    }
    await hasMissedNothing('through');
  });
});
