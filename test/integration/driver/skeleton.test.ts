/** What `driver new` writes, in a bare folder with the packed tsmachine: its types, its tests, its installation. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../support/temporary.ts';
import { BuiltCli } from '../cli/built-cli.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const cli = new BuiltCli();
const folder = join(temporaryFolder(), 'acme');

function run(file: string, args: readonly string[], cwd: string) {
  const env = { ...process.env, NODE_TEST_CONTEXT: undefined, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}` };
  const { status, stdout, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8', env });
  return { status, text: `${stdout}${stderr}` };
}

/** As `npm pack` makes it of what is built, and as npm unpacks it. */
function installTsmachine(modules: string): void {
  const pack = temporaryFolder();
  cpSync(join(cli.folder, 'dist'), join(pack, 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(pack, 'package.json'));
  writeFileSync(join(pack, 'CHANGELOG.md'), '');
  const types = run('tsc', ['-p', 'tsconfig.types.json', '--outDir', join(pack, 'dist/types')], ROOT);
  expect(types).toMatchObject({ status: 0 });
  const packed = run('npm', ['pack', '--ignore-scripts', '--silent'], pack);
  mkdirSync(join(modules, 'tsmachine'), { recursive: true });
  const unpacked = run(
    'tar',
    ['xzf', join(pack, packed.text.trim().split('\n').at(-1) ?? ''), '-C', join(modules, 'tsmachine'), '--strip-components=1'],
    pack,
  );
  expect(unpacked).toMatchObject({ status: 0 });
}

describe('a new driver', () => {
  beforeAll(async () => {
    expect(await cli.run(['driver', 'new', folder])).toMatchObject({ code: 0, stdout: expect.stringContaining('src/driver.ts') });
    const modules = join(folder, 'node_modules');
    mkdirSync(join(modules, '@types'), { recursive: true });
    for (const name of ['typescript', '@types/node']) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
    installTsmachine(modules);
  });
  afterAll(() => cli.remove());

  it('type-checks against the package and passes its own tests', () => {
    const { status, text } = run('npm', ['test'], folder);
    expect(text).toMatch(/ℹ fail 0\b/);
    expect(text).toContain('✔ death before a call');
    expect(status).toBe(0);
  });

  it('does not type-check when it breaks the contract', () => {
    const path = join(folder, 'src/driver.ts');
    const whole = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      whole.replace('async url(): Promise<string>', 'async url(): Promise<number>').replace('return `tcp', 'return 1 || `tcp'),
    );
    const { status, text } = run('tsc', ['--noEmit'], folder);
    writeFileSync(path, whole);
    expect(text).toMatch(/src\/driver\.ts.*'url'/);
    expect(status).not.toBe(0);
  });

  it('passes the kit as `driver test` runs it', async () => {
    expect(run('npm', ['run', 'build'], folder)).toMatchObject({ status: 0 });
    const tested = await cli.run(['driver', 'test', folder]);
    expect(tested).toMatchObject({ code: 0, stderr: '' });
    expect(tested.stdout).toMatch(/\d+ passed, 0 failed, 0 left out\n$/);
  });

  it('is installed, and create knows it', async () => {
    expect(await cli.run(['create', '-d', 'acme', '--help'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('Driver "acme" not found'),
    });
    expect(await cli.run(['driver', 'install', folder])).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringContaining('Installed driver acme 0.1.0 (sha256:'),
    });
    expect((await cli.run(['create', '-d', 'acme', '--help'])).stdout).toContain('--acme-token');
    const planned = await cli.run(['create', '-d', 'acme', '--dry-run', '--acme-size', 'large', 'm']);
    expect(planned).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('- make a server of size large\n') });
    const refused = await cli.run(['create', '-d', 'acme', 'm']);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('expected a token, found none') });
    expect((await cli.run(['driver', 'ls'])).stdout).toMatch(/^acme {2,}installed {2,}0\.1\.0 /m);
  });
});
