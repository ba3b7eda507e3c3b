/** What programs read: the README's schemas, `certs`, and what is said of certificates that end. */
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { interrupted } from '../../../src/cli/interrupt.ts';
import { TestStore } from './run-cli.ts';

const DAY = 24 * 3600 * 1000;
const instant = v.pipe(v.string(), v.isoTimestamp());
const kind = v.picklist(['ca', 'client', 'server']);
const state = v.picklist(['None', 'Running', 'Paused', 'Saved', 'Stopped', 'Stopping', 'Starting', 'Error', 'Timeout']);
const expiry = v.nullable(v.strictObject({ kind, notAfter: instant, daysLeft: v.pipe(v.number(), v.integer()) }));
const machine = {
  name: v.string(),
  driver: v.string(),
  state,
  url: v.nullable(v.string()),
  error: v.nullable(v.string()),
  certificate: expiry,
};
const status = v.strictObject(machine);
const list = v.array(v.strictObject({ ...machine, active: v.boolean(), docker: v.nullable(v.string()) }));
const place = { kind, path: v.string(), machine: v.exactOptional(v.string()) };
const facts = {
  subject: v.string(),
  issuer: v.string(),
  notBefore: instant,
  notAfter: instant,
  daysLeft: v.pipe(v.number(), v.integer()),
  validity: v.picklist(['valid', 'soon', 'expired', 'not yet valid']),
  fingerprint: v.pipe(v.string(), v.regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/)),
  names: v.array(v.string()),
};
const certificate = v.union([v.strictObject({ ...place, ...facts }), v.strictObject({ ...place, error: v.string() })]);
const certificates = v.strictObject({ rotating: v.boolean(), waiting: v.array(v.string()), certificates: v.array(certificate) });
const own = v.strictObject({
  phase: v.picklist(['creating', 'complete', 'failed']),
  error: v.exactOptional(v.strictObject({ code: v.string(), message: v.string() })),
  engine: v.exactOptional(v.strictObject({ kind: v.picklist(['docker', 'ts']), version: v.string() })),
  sshProxyJump: v.exactOptional(v.string()),
  context: v.exactOptional(v.string()),
  hostKeys: v.array(v.string()),
  certificates: v.array(certificate),
});

let store: TestStore;

beforeAll(async () => {
  store = new TestStore();
  for (const name of ['m2', 'm10', 'M2']) await store.create(name);
  mkdirSync(join(store.path, 'machines/broken'));
  writeFileSync(join(store.path, 'machines/broken/config.json'), '{"ConfigVersion": 3,\n"x');
});
afterAll(() => store.remove());

const json = async (...words: string[]): Promise<unknown> => {
  const { code, stdout, stderr } = await store.run(words);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).not.toContain('PRIVATE KEY');
  return JSON.parse(stdout);
};

describe('ls --json', () => {
  it('has the schema of the README, every machine once, in natural order', async () => {
    const rows = v.parse(list, await json('ls', '--json'));
    expect(rows.map(({ name }) => name)).toEqual(['broken', 'M2', 'm2', 'm10']);
    expect(rows[0]).toMatchObject({ state: 'Error', url: null, certificate: null, error: expect.stringMatching(/^[^\n]+$/) });
    expect(rows[2]).toMatchObject({ driver: 'none', state: 'Running', url: 'tcp://127.0.0.1:9', active: false, docker: null });
    expect(rows[2]?.certificate?.daysLeft).toBe(1079);
  });

  it('goes with filters and not with other forms of output', async () => {
    expect(v.parse(list, await json('ls', '--json', '--filter', 'name=^m1')).map(({ name }) => name)).toContain('m10');
    for (const other of [['-q'], ['-f', '{{.Name}}']])
      expect(await store.run(['ls', '--json', ...other])).toMatchObject({
        code: 1,
        stdout: '',
        stderr: expect.stringContaining('--json goes with'),
      });
  });
});

describe('ls --watch', () => {
  it.each([
    [
      '--json',
      (text: string) =>
        text
          .split('\n')
          .filter(Boolean)
          .map((line) => v.parse(list, JSON.parse(line)).length),
    ],
    ['-q', (text: string) => text.split('\n\n').map((part) => part.trim().split('\n').length)],
  ])('with %s tells the list again when it changed, until it is stopped', async (flag, counts) => {
    const watched = new TestStore();
    await watched.create('a');
    const stop = new AbortController();
    let seen = 0;
    const watching = watched.run(['ls', '--watch', flag], {
      signal: stop.signal,
      onOutput: () => void (++seen === 1 ? watched.create('b') : stop.abort(interrupted('SIGINT'))),
    });
    const { code, stdout } = await watching;
    watched.remove();
    expect([code, counts(stdout)]).toEqual([130, [1, 2]]);
  });

  it('draws in place on a terminal', async () => {
    const stop = new AbortController();
    const options = { terminal: true, signal: stop.signal, onOutput: () => stop.abort(interrupted('SIGTERM')) };
    const { code, stdout } = await store.run(['ls', '--watch'], options);
    expect([code, stdout.startsWith('\u001b[H\u001b[2J\u001b[3JNAME')]).toEqual([143, true]);
  });
});

describe('status --json', () => {
  it('has the schema of the README', async () => {
    expect(v.parse(status, await json('status', '--json', 'm2'))).toMatchObject({ name: 'm2', state: 'Running', url: 'tcp://127.0.0.1:9' });
  });
});

describe('inspect --json', () => {
  it('is inspect, and behind it what only tsmachine knows', async () => {
    const plain = (await store.run(['inspect', 'm2'])).stdout;
    const { stdout } = await store.run(['inspect', '--json', 'm2']);
    expect(stdout.startsWith(plain.replace(/\n}\n$/, ',\n    "tsmachine": {'))).toBe(true);
    const { tsmachine, ...config } = (await json('inspect', '--json', 'm2')) as { tsmachine: unknown };
    expect(v.parse(own, tsmachine)).toMatchObject({ phase: 'complete', hostKeys: [] });
    expect(config).toEqual(JSON.parse(plain));
    expect(await store.run(['inspect', '--json', '-f', '{{.tsmachine.phase}}', 'm2'])).toMatchObject({ stdout: 'complete\n' });
  });
});

describe('certs', () => {
  it('has the schema of the README, each certificate once, and what the files say', async () => {
    const { rotating, waiting, certificates: found } = v.parse(certificates, await json('certs', '--json'));
    expect({ rotating, waiting }).toEqual({ rotating: false, waiting: [] });
    expect(found.map((item) => [item.kind, item.path])).toEqual([
      ['ca', join(store.path, 'certs/ca.pem')],
      ['client', join(store.path, 'certs/cert.pem')],
    ]);
    const { fingerprint256: fingerprint, validTo } = new X509Certificate(readFileSync(join(store.path, 'certs/ca.pem')));
    expect(found[0]).toMatchObject({ fingerprint, notAfter: new Date(validTo).toISOString(), validity: 'valid' });
  });

  it.each([
    [1049, 'valid'],
    [1051, 'soon'],
    [1081, 'expired'],
    [-1, 'not yet valid'],
  ])('after %d days says %s', async (days, validity) => {
    const { stdout } = await store.run(['certs', 'm2'], { now: Date.now() + days * DAY });
    const [header, ca] = stdout.split('\n');
    expect(header).toMatch(/^CERTIFICATE +SUBJECT +FROM +UNTIL +DAYS +STATE +NAMES +SHA-256$/);
    expect(ca).toMatch(new RegExp(` ${validity} `));
  });

  it('names a file that is no certificate, and the copy that differs', async () => {
    const other = new TestStore();
    await other.create('m');
    writeFileSync(join(other.path, 'machines/m/ca.pem'), 'nonsense');
    writeFileSync(join(other.path, 'certs/cert.pem'), readFileSync(join(other.path, 'certs/ca.pem')));
    const { stdout } = await other.run(['certs']);
    other.remove();
    expect(stdout).toMatch(/\nm ca .* unreadable .*machines\/m\/ca.pem: expected a PEM certificate/);
    expect(stdout).toMatch(/\nm client /);
  });

  it('is not held up by what is no file or too large, nor are ls and status', async () => {
    const hostile = new TestStore();
    await hostile.create('m');
    const path = join(hostile.path, 'machines/m/server.pem');
    for (const [make, reason] of [
      [() => mkdirSync(path), 'expected a file, found a folder'],
      [() => writeFileSync(path, Buffer.alloc((1 << 20) + 1)), 'expected at most 1048576 bytes'],
    ] as const) {
      rmSync(path, { recursive: true, force: true });
      make();
      expect((await hostile.run(['certs'])).stdout).toContain(reason);
      for (const words of [
        ['ls', '--json'],
        ['status', '--json', 'm'],
      ])
        expect((await hostile.run(words)).code).toBe(0);
    }
    hostile.remove();
  });

  it('refuses a machine that is not there', async () => {
    expect(await store.run(['certs', 'm3'])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('"m3" does not exist') });
  });
});

describe('a certificate that ends soon', () => {
  const later = { now: Date.now() + 1060 * DAY };

  it.each([[['ls']], [['status', 'm2']]])('is told by %j on a terminal, with the command', async (words) => {
    const { stderr } = await store.run(words, { ...later, terminal: true });
    expect(stderr).toMatch(
      /^Warning: CA certificate expires in 19 days \(\d{4}-\d\d-\d\d\); .* Renew it with: tsmachine regenerate-certs --client-certs /m,
    );
    expect(stderr).toMatch(/^Warning: client certificate expires in 19 days/m);
    expect(stderr.trim().split('\n')).toHaveLength(2);
    expect((await store.run(words, { now: Date.now() + 1040 * DAY, terminal: true })).stderr).toBe('');
    expect((await store.run(words, { now: Date.now() + 1090 * DAY, terminal: true })).stderr).toContain('CA certificate expired on ');
  });

  it.each([[['ls']], [['status', 'm2']]])('leaves alone what scripts read of %j 2>&1', async (words) => {
    expect((await store.run(words, later)).stderr).toBe('');
  });
});
