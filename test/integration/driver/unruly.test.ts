/** Installed drivers that throw, hang, end or print: the command lives on and the machine is not lost. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary.ts';
import { BuiltCli } from '../cli/built-cli.ts';

const cli = new BuiltCli();
const servers = temporaryFolder();
const source = temporaryFolder();

const create = (name: string, at: string, deed: string) =>
  cli.run(['create', '-d', 'unruly', '--unruly-folder', servers, '--unruly-at', at, '--unruly-deed', deed, name]);
const remove = async (name: string) => (await cli.run(['rm', '-f', '-y', name])).code;

/** As a package of that name and contract. */
function packageWith(change: (text: string) => string = (text) => text): string {
  const folder = join(source, crypto.randomUUID());
  mkdirSync(folder);
  cpSync(resolve(import.meta.dirname, '../../support/unruly-driver.mjs'), join(folder, 'index.js'));
  writeFileSync(join(folder, 'index.js'), change(readFileSync(join(folder, 'index.js'), 'utf8')));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'unruly-driver', version: '1.2.3', type: 'module', exports: './index.js' }),
  );
  return folder;
}

beforeAll(async () => {
  const installed = await cli.run(['driver', 'install', packageWith()]);
  expect(installed).toMatchObject({ code: 0, stderr: '' });
});
afterAll(() => cli.remove());

describe('an installed driver', () => {
  it('makes, shows and removes machines like any other', async () => {
    expect(await create('good', '', 'none')).toMatchObject({ code: 0, stderr: '' });
    expect((await cli.run(['url', 'good'])).stdout).toBe('tcp://127.0.0.1:9\n');
    expect((await cli.run(['status', 'good'])).stdout).toBe('Running\n');
    expect(await cli.run(['rm', '-y', 'good'])).toMatchObject({ code: 0 });
    expect(readdirSync(servers)).toEqual([]);
  });

  it.each([
    ['throw', 'a bug of the driver'],
    ['refuse', 'expected room for one more, found none'],
    ['exit', 'driver unruly ended unexpectedly: it called process.exit(7)'],
    ['reject', 'driver unruly ended unexpectedly: nobody listens'],
    ['crash', 'driver unruly ended unexpectedly: thrown from a timer'],
  ])('that fails create (%s) leaves an entry with its reason and nothing at the provider', async (deed, reason) => {
    const made = await create(deed, 'create', deed);
    expect(made).toMatchObject({ code: 1, stderr: expect.stringContaining(reason) });
    expect(readdirSync(servers)).toEqual([]);
    expect((await cli.run(['ls'])).stdout).toMatch(new RegExp(`^${deed} .*unruly +Error`, 'm'));
    expect(await cli.run(['rm', '-y', deed])).toMatchObject({ code: 0 });
  });

  it('that runs out of memory ends alone', async () => {
    expect(await create('memory', 'check', 'memory')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('driver unruly ended unexpectedly'),
    });
  });

  it('that prints does not touch what a shell evaluates', async () => {
    expect(await create('loud', 'url', 'print')).toMatchObject({ code: 0 });
    expect(await cli.run(['url', 'loud'])).toEqual({ code: 0, stdout: 'tcp://127.0.0.1:9\n', stderr: '' });
    expect((await cli.run(['--debug', 'url', 'loud'])).stderr).toMatch(/driver unruly printed: printed on stdout(.|\n)*printed on stderr/);
    await remove('loud');
  });

  it.each(['hang', 'loop'])('that does not answer (%s) is a line of ls, in time, beside the others', async (deed) => {
    expect(await create('slow', 'url', deed)).toMatchObject({ code: 0 });
    expect((await cli.run(['create', '-d', 'none', '--url', 'tcp://127.0.0.1:9', 'other'])).code).toBe(0);
    const listed = await cli.run(['ls', '-t', '1', '-f', '{{.Name}} {{.State}}']);
    expect(listed).toMatchObject({ code: 0, stdout: 'other Running\nslow Timeout\n' });
    await Promise.all([remove('slow'), remove('other')]);
  });

  it('in which create loops is stopped by Ctrl-C, and nothing stays', async () => {
    const name = 'stopped';
    const words = ['create', '-d', 'unruly', '--unruly-folder', servers, '--unruly-at', 'create', '--unruly-deed', 'loop', name];
    const child = cli.start(words);
    const ended = new Promise<number | null>((done) => child.once('close', done));
    while (!readdirSync(servers).includes(name)) await new Promise((resolve) => setTimeout(resolve, 50));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(readdirSync(servers)).toEqual([]);
    expect((await cli.run(['ls', '-q'])).stdout).toBe('');
  });

  it('that fails to remove keeps the machine for another try', async () => {
    expect(await create('kept', 'remove', 'exit')).toMatchObject({ code: 0 });
    expect(await cli.run(['rm', '-y', 'kept'])).toMatchObject({ code: 1, stderr: expect.stringContaining('process.exit(7)') });
    expect((await cli.run(['ls', '-q'])).stdout).toBe('kept\n');
    expect(await remove('kept')).toBe(0);
  });
});

describe('what is installed', () => {
  const files = () => join(cli.folder, '.local/share/tsmachine/drivers/unruly/node_modules/unruly-driver');

  it('is refused when it was changed, until it is accepted or installed anew', async () => {
    writeFileSync(join(files(), 'more.js'), '// somebody else wrote this\n');
    const refused = await cli.run(['create', '-d', 'unruly', 'm']);
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('is not what was installed') });
    expect(refused.stderr).toContain('tsmachine driver install --accept unruly');
    expect((await cli.run(['driver', 'ls'])).stdout).toMatch(/^unruly .*not what was installed$/m);
    expect(await cli.run(['driver', 'install', '--accept', 'unruly'])).toMatchObject({ code: 0 });
    expect((await cli.run(['create', '-d', 'unruly', '--help'])).code).toBe(0);
    expect(await cli.run(['driver', 'install', packageWith()])).toMatchObject({ code: 0 });
    expect(readdirSync(files()).sort()).toEqual(['index.js', 'package.json']);
  });

  it.each<[string, (text: string) => string, string]>([
    ['of another contract', (text) => text.replace('contract: 1', 'contract: 2'), 'expected driver contract 1, found 2'],
    ['without a contract', (text) => text.replace('contract: 1', 'contrat: 1'), 'expected a default export that is a DriverDefinition'],
    [
      'with the name of one of ours',
      (text) => text.replace("name: 'unruly'", "name: 'qemu'"),
      'the name qemu is that of a driver that comes with',
    ],
    [
      'with a flag of create',
      (text) => text.replace("name: 'unruly-at'", "name: 'engine-opt'"),
      "its flag --engine-opt is one of create's own",
    ],
    ['whose name leads elsewhere', (text) => text.replace("name: 'unruly'", "name: '../../x'"), 'expected a name of a-z, 0-9 and -'],
    ['that ends when it is loaded', (text) => `process.exit(3);\n${text}`, 'it called process.exit(3)'],
    ['that is no JavaScript', () => 'this is no program', 'unruly-driver is no driver that can be used: Unexpected identifier'],
  ])('is no driver %s, and what was there stays', async (_what, change, reason) => {
    const refused = await cli.run(['driver', 'install', packageWith(change)]);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.stderr).toContain(reason);
    expect(readdirSync(join(cli.folder, '.local/share/tsmachine/drivers'))).toEqual(['unruly']);
    expect((await cli.run(['driver', 'ls'])).stdout).toMatch(/^unruly +installed +1\.2\.3 +\S+$/m);
  });

  it('is a tarball too; what is not there is said in one line', async () => {
    const folder = packageWith();
    execFileSync('npm', ['pack', '--ignore-scripts', '--silent'], { cwd: folder });
    expect(await cli.run(['driver', 'install', join(folder, 'unruly-driver-1.2.3.tgz')])).toMatchObject({ code: 0 });
    expect(await cli.run(['driver', 'install', './nothing-here'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('found nothing'),
    });
    expect(await cli.run(['driver', 'install', '-g'])).toMatchObject({ code: 1 });
  });

  it('comes from a registry', async () => {
    const folder = packageWith();
    execFileSync('npm', ['pack', '--ignore-scripts', '--silent'], { cwd: folder });
    const tarball = readFileSync(join(folder, 'unruly-driver-1.2.3.tgz'));
    const integrity = `sha512-${createHash('sha512').update(tarball).digest('base64')}`;
    const registry = createServer((request, response) => {
      const version = { name: 'unruly-driver', version: '1.2.3', dist: { tarball: `http://${request.headers.host}/it.tgz`, integrity } };
      const packument = { name: 'unruly-driver', 'dist-tags': { latest: '1.2.3' }, versions: { '1.2.3': version } };
      if (request.url === '/it.tgz') response.end(tarball);
      else if (request.url === '/unruly-driver') response.setHeader('content-type', 'application/json').end(JSON.stringify(packument));
      else response.writeHead(404).end('{}');
    });
    await new Promise<void>((listening) => registry.listen(0, '127.0.0.1', listening));
    const env = { npm_config_registry: `http://127.0.0.1:${(registry.address() as AddressInfo).port}/` };
    expect(await cli.run(['driver', 'install', 'unruly-driver@1'], { env })).toMatchObject({ code: 0, stderr: '' });
    expect((await cli.run(['driver', 'ls'])).stdout).toMatch(/^unruly +installed +1\.2\.3 +unruly-driver@1$/m);
    const unknown = await cli.run(['driver', 'install', 'unruly-drivel'], { env });
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringMatching(/npm could not install unruly-drivel: .*404/) });
    registry.close();
  });

  it('goes with `driver rm`; machines stay and say what is missing', async () => {
    expect(await create('orphan', '', 'none')).toMatchObject({ code: 0 });
    const completed = async (...words: string[]) => (await cli.run(['completion', ...words])).stdout;
    expect(await completed('--current=', 'driver', 'rm')).toBe('unruly\n');
    expect(await completed('--current=unr', 'create', '-d')).toBe('unruly\n');
    expect(await completed('--current=--unruly-d', 'create', '-d', 'unruly')).toBe('--unruly-deed\twhat it does\n');
    expect(await cli.run(['driver', 'rm', 'unruly', 'nobody'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"nobody" is not installed'),
    });
    expect((await cli.run(['ls'])).stdout).toMatch(/^orphan .*not-found .*Driver "unruly" not found/m);
    expect(await cli.run(['driver', 'install', packageWith()])).toMatchObject({ code: 0 });
    expect((await cli.run(['status', 'orphan'])).stdout).toBe('Running\n');
    expect(await cli.run(['rm', '-y', 'orphan'])).toMatchObject({ code: 0 });
  });
});

describe('driver test', () => {
  it.each([
    ['exit', 'create', 'it called process.exit(7)'],
    ['throw', 'stop', 'a bug of the driver'],
  ])('names the check in which a driver does %s', async (deed, at, reason) => {
    const broken = packageWith((text) =>
      text.replace("At: flags['unruly-at']", `At: '${at}'`).replace("Deed: flags['unruly-deed']", `Deed: '${deed}'`),
    );
    const tested = await cli.run(['driver', 'test', broken, '--flag', `unruly-folder=${servers}`]);
    expect(tested.code).toBe(1);
    expect(tested.stdout).toMatch(new RegExp(`^FAILED .*${reason.replace(/[()]/g, '\\$&')}`, 'm'));
    expect(tested.stderr).toMatch(/\d+ passed, \d+ failed, \d+ left out/);
  });

  it('takes a tarball, and leaves nothing of it', async () => {
    const folder = packageWith();
    execFileSync('npm', ['pack', '--ignore-scripts', '--silent'], { cwd: folder });
    const tested = await cli.run([
      'driver',
      'test',
      join(folder, 'unruly-driver-1.2.3.tgz'),
      '--flag',
      `unruly-folder=${servers}`,
      '--json',
    ]);
    const outcomes = JSON.parse(tested.stdout) as { name: string; outcome: string }[];
    const of = (outcome: string) => outcomes.filter((result) => result.outcome === outcome).map(({ name }) => name);
    expect(of('failed')).toEqual(['stop', 'kill', 'url when stopped', 'abort', 'two at once']); // it switches no power and knows one address
    expect(of('left out')).toEqual(['death before a call', 'death after a call']);
    expect(readdirSync(servers)).toEqual([]);
  });
});
