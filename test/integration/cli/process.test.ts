import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseSync } from 'oxc-parser';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BuiltCli } from './built-cli.ts';

let cli: BuiltCli;
beforeAll(() => {
  cli = new BuiltCli();
});
afterAll(() => cli.remove());

describe('the launcher', () => {
  /** Makes Node tell another version of itself; a Node started by it tells the truth again. */
  function preload(version: string): string[] {
    const file = join(cli.folder, `node-${version}.cjs`);
    writeFileSync(file, `Object.defineProperty(process.versions, 'node', { value: '${version}' });`);
    return ['--require', file];
  }

  const compiledCode = (): string[] => {
    const folder = join(cli.folder, '.cache/tsmachine/compile-cache');
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path));
  };

  it.each(['0.10.48', '18.20.4', '20.19.0', '22.14.0'])(
    'hands over to the Node that npm brought when it is started by %s',
    async (version) => {
      const printed = await cli.run(['--version'], { node: preload(version) });
      expect(printed).toEqual({ code: 0, stdout: expect.stringMatching(/^tsmachine version /), stderr: '' });
    },
  );

  it('hands over exit codes, streams and arguments as they are', async () => {
    const node = preload('18.0.0');
    expect(await cli.run(['rm', 'a b', '$x'], { node, input: 'n\n' })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('About to remove a b, $x\n'),
    });
    expect(await cli.run(['status', 'nosuch'], { node })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('"nosuch" does not exist'),
    });
  });

  it.each(['22.15.0', '24.0.0', '30.1.0'])('runs on %s itself', async (version) => {
    expect((await cli.run(['--version'], { node: preload(version) })).code).toBe(0);
  });

  it('says in one line what is missing when no newer Node came with it', async () => {
    const alone = join(cli.folder, 'alone.cjs');
    const launcher = readFileSync(cli.launcher, 'utf8');
    writeFileSync(alone, launcher.replace("'node-' + platform", "'no-such-node-' + platform"));
    const printed = await cli.run([], { node: [...preload('20.1.0'), alone] });
    expect(printed).toMatchObject({ code: 1, stdout: '' });
    expect(printed.stderr).toMatch(/^tsmachine needs Node 22\.15 or newer and found 20\.1\.0\. .*\n$/);
  });

  it('keeps compiled code where no other user can read or write', async () => {
    await cli.run(['--version']);
    const modes = compiledCode().map(
      (path) => `${statSync(path).isDirectory() ? 'folder' : 'file'} ${(statSync(path).mode & 0o777).toString(8)}`,
    );
    expect(new Set(modes)).toEqual(new Set(['folder 700', 'file 600']));
    await cli.run(['--version'], { env: { XDG_CACHE_HOME: join(cli.folder, 'xdg') } });
    expect(existsSync(join(cli.folder, 'xdg/tsmachine/compile-cache'))).toBe(true);
    for (const HOME of ['/dev/null', '/proc/nonexistent'])
      expect(await cli.run(['--version'], { env: { HOME } })).toMatchObject({ code: 0, stderr: '' });
  });

  it('runs what its files say, whatever lies in the place of compiled code', async () => {
    const { stdout } = await cli.run(['--version']);
    const main = compiledCode().find((path) => path.endsWith('other/main.cjs')) ?? '';
    const compiled = readFileSync(main);
    const damaged = [Buffer.alloc(0), compiled.subarray(0, 5000), Buffer.alloc(compiled.length), Buffer.from(stdout.repeat(9))];
    for (const bytes of damaged) {
      writeFileSync(main, bytes);
      expect(await cli.run(['--version'])).toEqual({ code: 0, stdout, stderr: '' });
    }
    rmSync(main);
    mkdirSync(main);
    expect(await cli.run(['--version'])).toEqual({ code: 0, stdout, stderr: '' });
    rmSync(main, { recursive: true });
  });

  it('does not run compiled code of an older version in the same place', async () => {
    const { stdout } = await cli.run(['--version']);
    const main = join(cli.folder, 'dist/cli/main.cjs');
    const before = readFileSync(main, 'utf8');
    const [, version = ''] = /version (\d\S*)/.exec(stdout) ?? [];
    writeFileSync(main, before.replace(/^\/\/../, '//--').replaceAll(version.replace(',', ''), '9.9.9')); // as long as before
    try {
      expect((await cli.run(['--version'])).stdout).toContain('version 9.9.9');
    } finally {
      writeFileSync(main, before);
    }
    expect((await cli.run(['--version'])).stdout).toBe(stdout);
  });

  it('is not started by a driver that imports tsmachine/driver', () => {
    const program = `import { CONTRACT_VERSION } from ${JSON.stringify(join(cli.folder, 'dist/driver.cjs'))}; console.log(CONTRACT_VERSION)`;
    const printed = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8', env: cli.environment() });
    expect(printed).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\n$/), stderr: '' });
  });

  it('has nothing a Node of 2018 could not parse', () => {
    const kinds = new Set<string>();
    JSON.stringify(parseSync('launcher.cjs', readFileSync(cli.launcher, 'utf8')).program, (key, value: unknown) => {
      if (key === 'type') kinds.add(String(value));
      return value;
    });
    for (const modern of [
      'ArrowFunctionExpression',
      'TemplateLiteral',
      'SpreadElement',
      'ChainExpression',
      'AwaitExpression',
      'ClassDeclaration',
    ])
      expect(kinds).not.toContain(modern);
    expect(readFileSync(cli.launcher, 'utf8')).not.toMatch(/\b(let|const)\s|\?\?|node:/);
  });
});

describe('the process', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('leaves a question on %s with exit code %i', async (signal, code) => {
    await cli.run(['create', '-d', 'none', '--url', 'tcp://127.0.0.1:9', signal.toLowerCase()]);
    const child = cli.start(['rm', signal.toLowerCase()]);
    const ended = new Promise((resolve) => child.once('close', (status, by) => resolve({ status, by })));
    await new Promise<void>((resolve) => child.stdout.on('data', (data) => String(data).includes('Are you sure') && resolve()));
    child.kill(signal);
    expect(await ended).toEqual({ status: code, by: null });
    expect((await cli.run(['ls', '-q'])).stdout).toContain(`${signal.toLowerCase()}\n`);
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('undoes a create that %s stops, exit code %i', async (signal, code) => {
    const silent = createServer(); // accepts, and never answers
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    try {
      const image = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/image.tar#sha256:${'0'.repeat(64)}`;
      const child = cli.start(['create', '-d', 'qemu', '--qemu-boot-image', image, 'stopped']);
      const ended = new Promise((resolve) => child.once('close', (status, by) => resolve({ status, by })));
      const printed = Promise.all([text(child.stdout), text(child.stderr)]);
      await Promise.race([ended, new Promise((resolve) => silent.once('connection', resolve))]);
      expect(readdirSync(join(cli.store, 'machines'))).toContain('stopped');
      child.kill(signal);
      expect(await ended, (await printed).join('')).toEqual({ status: code, by: null });
      expect(readdirSync(join(cli.store, 'machines')).filter((name) => name.includes('stopped'))).toEqual([]);
    } finally {
      silent.close();
    }
  });

  it('says which package QEMU is in when it is not installed', async () => {
    const env = { PATH: join(cli.folder, 'empty') };
    for (const words of [
      ['create', 'noqemu'],
      ['create', '-d', 'qemu', 'noqemu'],
    ]) {
      const printed = await cli.run(words, { env });
      expect(printed, words.join(' ')).toMatchObject({ code: 3 });
      expect(printed.stderr).toMatch(/qemu-system-x86_64[\s\S]*apt-get install qemu-system-x86/);
    }
    expect((await cli.run(['ls', '-q'], { env })).stdout).not.toContain('noqemu');
  });

  it('ends quietly when nobody reads on', async () => {
    const child = cli.start(['--help']);
    child.stdout.destroy();
    const stderr: Buffer[] = [];
    child.stderr.on('data', (data: Buffer) => stderr.push(data));
    await new Promise((resolve) => child.once('close', resolve));
    expect(Buffer.concat(stderr).toString()).toBe('');
  });

  it('writes all of a text that is longer than its reader is quick, in order', async () => {
    await cli.run(['create', '-d', 'none', '--url', 'tcp://127.0.0.1:9', 'long']);
    const child = cli.start(['inspect', '-f', '{{printf "%300000s|%v" .Name .Name}}', 'long']);
    await new Promise((resolve) => setTimeout(resolve, 1500)); // a pipe holds 64 KiB; what is left open gets half a second
    expect(await text(child.stdout)).toBe(`${'long'.padStart(300_000)}|long\n`);
  });

  it('writes to a file what it says on both streams, in the order it says it', async () => {
    const file = join(cli.folder, 'both');
    const both = openSync(file, 'w');
    const child = spawn(process.execPath, [cli.launcher, 'rm', 'nowhere', 'long'], {
      env: cli.environment(),
      stdio: ['pipe', both, both],
    });
    child.stdin?.end('y\n');
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(1);
    closeSync(both);
    expect(readFileSync(file, 'utf8')).toMatch(
      /^About to remove nowhere, long\n[\s\S]*\(y\/n\): .*Successfully removed long\n[\s\S]*"nowhere"/,
    );
  });

  it('shows how long things take with --debug, and a stack for a known error', async () => {
    const printed = await cli.run(['--debug', 'create', '-d', 'none', '--url', 'tcp://127.0.0.1:9', 'debugged']);
    expect(printed.stderr).toMatch(/^\[\d+\.\d{3} s\] configure: /m);
    const again = await cli.run(['create', '-D', '-d', 'none', '--url', 'tcp://127.0.0.1:9', 'debugged']);
    expect(again.code).toBe(1);
    expect(again.stderr).toMatch(/\n {4}at /);
  });
});
