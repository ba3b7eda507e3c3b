/** Stores that others wrote, broke or mean ill with: `ls` says what is wrong in one line, other machines work, `rm -f` removes. */
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BuiltCli } from './built-cli.ts';

let cli: BuiltCli;
beforeAll(async () => {
  cli = new BuiltCli();
  expect(await cli.run(['create', '-d', 'none', '--url', 'tcp://127.0.0.1:9', 'good'])).toMatchObject({ code: 0 });
});
afterAll(() => cli?.remove());

const machines = () => join(cli.store, 'machines');
const good = () => readFileSync(join(machines(), 'good/config.json'), 'utf8');
const changed = (change: (config: Record<string, unknown>) => void): string => {
  const config = JSON.parse(good()) as Record<string, unknown>;
  change(config);
  return JSON.stringify(config);
};
const MEGABYTE = 'x'.repeat(1 << 20);
const DEEP = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

/** Puts something where config.json belongs; what `ls` says of it, and `inspect`. */
type Case = [what: string, put: (config: string) => void, reason: RegExp];
const content =
  (text: () => string | Buffer) =>
  (config: string): void =>
    writeFileSync(config, text());

const BROKEN: Case[] = [
  ['nothing', () => {}, /no such file or directory/],
  ['an empty file', content(() => ''), /JSON/],
  ['half of it', content(() => good().slice(0, 300)), /JSON/],
  ['another kind of file', content(() => '\u007fELF\u0001\u001b[31m\u0007'), /JSON/],
  ['one of the future', content(() => changed((config) => Object.assign(config, { ConfigVersion: 4 }))), /from the future/],
  ['a list', content(() => '[]'), /expected a JSON object/],
  ['null', content(() => 'null'), /expected a JSON object/],
  ['a driver that is text', content(() => changed((config) => Object.assign(config, { Driver: 'x' }))), /Driver: expected an object/],
  ['a driver name that is a number', content(() => changed((config) => Object.assign(config, { DriverName: 7 }))), /DriverName/],
  [
    'a driver name of a megabyte',
    content(() => changed((config) => Object.assign(config, { DriverName: MEGABYTE }))),
    /DriverName: expected a name/,
  ],
  ['a driver that is a path', content(() => changed((config) => Object.assign(config, { DriverName: '../../evil' }))), /not found/],
  [
    'a driver called like a member of all objects',
    content(() => changed((c) => Object.assign(c, { DriverName: '__proto__' }))),
    /not found/,
  ],
  ['options of a wrong type', content(() => changed((config) => Object.assign(config, { HostOptions: { Memory: '1' } }))), /Memory/],
  ['deep nesting', content(() => `{"ConfigVersion":3,"DriverName":"none","Driver":{"a":${DEEP}}}`), /levels/],
  ['UTF-16', content(() => Buffer.from(`\ufeff${good()}`, 'utf16le')), /UTF-16/],
  ['controls in a message', content(() => '{"ConfigVersion":3,"Driver":{},"DriverName":"\\u001b[2J\\nx"}'), /not found/],
  ['a folder', (config) => mkdirSync(config), /found a folder/],
  ['a pipe', (config) => execFileSync('mkfifo', [config]), /found a pipe/],
  ['a device', (config) => symlinkSync('/dev/zero', config), /found a device/],
  ['a link to nothing', (config) => symlinkSync('nowhere', config), /no such file/],
  ['a link to itself', (config) => symlinkSync('config.json', config), /ELOOP/],
  [
    'a gigabyte',
    (config) => {
      writeFileSync(config, '');
      truncateSync(config, 1 << 30);
    },
    /at most/,
  ],
];

const READABLE: Case[] = [
  ['a byte order mark', content(() => `\ufeff${good()}`), /127\.0\.0\.1/],
  ['keys twice', content(() => good().replace('"DriverName"', '"DriverName": "x", "DriverName"')), /127\.0\.0\.1/],
  ['a value of a megabyte', content(() => changed((c) => Object.assign(c, { HostOptions: { Driver: MEGABYTE } }))), /127\.0\.0\.1/],
  ['unknown keys', content(() => changed((config) => Object.assign(config, { Zoo: { a: [1] } }))), /127\.0\.0\.1/],
];

/** Controls of a terminal but the newline, and what turns the direction of writing around. */
const isClean = (text: string): boolean => !/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u.test(text.replaceAll('\n', ''));

/** The lines of `ls` under its header, the one of the good machine left out. */
async function listed(): Promise<string[]> {
  const { code, stdout, stderr } = await cli.run(['ls']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(isClean(stdout)).toBe(true);
  const lines = stdout.trimEnd().split('\n').slice(1);
  expect(lines.find((line) => line.startsWith('good '))).toContain('Running');
  return lines.filter((line) => !line.startsWith('good '));
}

describe('config.json', () => {
  const cases = [...BROKEN, ...READABLE].map(([what, put, reason], at) => ({
    what,
    put,
    reason,
    name: `m${at}`,
    broken: at < BROKEN.length,
  }));
  let lines: string[] = [];
  beforeAll(async () => {
    for (const { name, put } of cases) {
      mkdirSync(join(machines(), name));
      put(join(machines(), name, 'config.json'));
    }
    lines = await listed();
    expect(lines).toHaveLength(cases.length);
  });

  it.each(cases)('that is $what', async ({ reason, name, broken }) => {
    const line = lines.find((each) => each.startsWith(`${name} `)) ?? '';
    expect(line).toMatch(reason);
    expect(line.length).toBeLessThan(500);
    const inspected = await cli.run(['inspect', name]);
    const driverless = reason.source === 'not found'; // what is stored is shown without the driver
    expect(inspected.code).toBe(broken && !driverless ? 1 : 0);
    expect(isClean(inspected.stdout)).toBe(true);
    if (!broken || driverless) return;
    expect(inspected.stderr).toMatch(reason);
    expect(isClean(inspected.stderr)).toBe(true);
    expect(inspected.stderr.length).toBeLessThan(1000);
  });

  it('is kept by rm where what it made is not known, and goes with rm -f', async () => {
    const names = cases.filter(({ broken }) => broken).map(({ name }) => name);
    expect((await cli.run(['rm', '-y', ...names])).code).toBe(1);
    expect(readdirSync(machines())).toEqual(expect.arrayContaining(names));
    expect((await cli.run(['rm', '-f', ...cases.map(({ name }) => name)])).code).toBe(0);
    expect(readdirSync(machines())).toEqual(['good']);
  });
});

describe('a folder of an odd name', () => {
  const NAMES = ['-rf', 'a b', 'a\nb', '\u001b[31mred', 'a\u202eb', 'a.b.', '$(id)', 'x'.repeat(255), '%2e%2e', 'ü'];

  it('is shown in a line of its own, and removed', async () => {
    for (const name of NAMES) {
      mkdirSync(join(machines(), name));
      writeFileSync(join(machines(), name, 'config.json'), good());
    }
    expect(await listed()).toHaveLength(NAMES.length);
    expect(await cli.run(['rm', '-f', '--', ...NAMES])).toMatchObject({ code: 0 });
    expect(readdirSync(machines())).toEqual(['good']);
  });

  it('is none of ours with a dot in front', async () => {
    mkdirSync(join(machines(), '.hidden'));
    expect((await cli.run(['ls', '-q'])).stdout).toBe('good\n');
    await cli.run(['rm', '-f', '.hidden', '.', '..']);
    expect(readdirSync(machines())).toEqual(['.hidden', 'good']);
    rmdirSync(join(machines(), '.hidden'));
  });
});

describe('a name on the command line', () => {
  it.each(['../certs', 'good/../../certs', '..', '.', '/etc', ''])('%j never leaves the store', async (name) => {
    for (const words of [
      ['rm', '-f', name],
      ['rm', '-y', name],
      ['inspect', name],
      ['stop', name],
    ])
      await cli.run(words);
    expect(existsSync(join(cli.store, 'certs/ca.pem'))).toBe(true);
    expect(existsSync(join(machines(), 'good/config.json'))).toBe(true);
  });
});

describe("the store's own files", () => {
  const own = () => join(cli.store, 'tsmachine.json');

  it.each<[string, (path: string) => void]>([
    ['garbage', content(() => '\u0000{')],
    ['without an id', content(() => '{}')],
    ['a folder', (path) => mkdirSync(path)],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
  ])('that are %s are told, and stop nothing that can do without', async (_what, put) => {
    const text = readFileSync(own(), 'utf8');
    rmSync(own());
    put(own());
    try {
      const gc = await cli.run(['gc']);
      expect(gc).toMatchObject({ code: 0, stderr: expect.stringContaining(`${own()} cannot be read`) });
      expect(gc.stderr).not.toContain('bug');
      expect((await cli.run(['ls', '-q'])).stdout).toBe('good\n');
    } finally {
      rmSync(own(), { recursive: true });
      writeFileSync(own(), text);
    }
  });
});

describe("docker-machine's older files", () => {
  const copy = (version: string) => {
    mkdirSync(join(machines(), version));
    const text = readFileSync(join(import.meta.dirname, '../../data/store', `${version}.json`), 'utf8');
    writeFileSync(join(machines(), version, 'config.json'), text);
    return text;
  };

  it.each(['v0-flat', 'v0-nested', 'v1', 'v2'])('%s is read and nothing is written', async (version) => {
    const text = copy(version);
    const config = join(machines(), version, 'config.json');
    const before = statSync(config).mtimeMs;
    expect((await cli.run(['url', version])).stdout).toBe('tcp://127.0.0.1:9\n');
    const path = await cli.run(['inspect', version, '-f', '{{.ConfigVersion}} {{.HostOptions.AuthOptions.StorePath}}']);
    expect(path.stdout).toBe(`3 ${join(machines(), version)}\n`);
    expect(readFileSync(config, 'utf8')).toBe(text);
    expect(statSync(config).mtimeMs).toBe(before);
    expect(readdirSync(join(machines(), version))).toEqual(['config.json']);
    await cli.run(['rm', '-f', version]);
  });
});
