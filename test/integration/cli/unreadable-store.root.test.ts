/** A store whose files an ordinary user may not read or write. Root may all, so that it takes root to become somebody else. */
import { execFile } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { BuiltCli } from './built-cli.ts';

const NOBODY = 65_534;
let cli: BuiltCli;

const machines = () => join(cli.store, 'machines');

/** As nobody, whose store it is. */
function run(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const options = { env: cli.environment(), cwd: '/', uid: NOBODY, gid: NOBODY, encoding: 'utf8' } as const;
    execFile(process.execPath, [cli.launcher, ...words], options, (error, stdout, stderr) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}

beforeAll(async () => {
  cli = new BuiltCli();
  chmodSync(cli.folder, 0o755);
  mkdirSync(cli.store, { mode: 0o700 });
  chownSync(cli.store, NOBODY, NOBODY);
  for (const name of ['good', 'shut', 'dark'])
    expect(await run('create', '-d', 'none', '--url', 'tcp://127.0.0.1:9', name)).toMatchObject({ code: 0 });
});
afterAll(() => cli?.remove());

describe('an entry that may not be read', () => {
  it('is a line of ls, breaks no other, and goes with rm -f', async () => {
    chmodSync(join(machines(), 'shut/config.json'), 0);
    chmodSync(join(machines(), 'dark'), 0);
    const listed = await run('ls');
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(listed.stdout).toMatch(/^good .*Running/m);
    expect(listed.stdout).toMatch(/^shut .*Error.*EACCES: permission denied/m);
    expect(listed.stdout).toMatch(/^dark .*Error.*EACCES: permission denied/m);
    expect(await run('inspect', 'shut')).toMatchObject({ code: 1, stderr: expect.stringContaining('permission denied') });
    expect(await run('rm', '-f', 'shut')).toMatchObject({ code: 0 });
    chmodSync(join(machines(), 'dark'), 0o700);
    expect(readdirSync(machines()).sort()).toEqual(['dark', 'good']);
  });
});

describe('a store that may not be written', () => {
  it('can be read by every command that only reads', async () => {
    for (const folder of ['.', 'certs', 'machines', 'machines/good']) chmodSync(join(cli.store, folder), 0o500);
    rmSync(join(cli.store, 'locks'), { recursive: true, force: true });
    expect(await run('url', 'good')).toEqual({ code: 0, stdout: 'tcp://127.0.0.1:9\n', stderr: '' });
    expect(await run('status', 'good')).toEqual({ code: 0, stdout: 'Running\n', stderr: '' });
    expect(await run('inspect', 'good')).toMatchObject({ code: 0, stderr: '' });
    expect(await run('ls', '-q')).toEqual({ code: 0, stdout: 'dark\ngood\n', stderr: '' });
    expect(await run('gc')).toMatchObject({ code: 0, stderr: '' });
    const removed = await run('rm', '-y', 'good');
    expect(removed).toMatchObject({ code: 1, stderr: expect.stringContaining('EACCES') });
    expect(removed.stderr).not.toContain('bug');
    expect(readdirSync(machines()).sort()).toEqual(['dark', 'good']);
  });
});

describe('compiled code of somebody else', () => {
  it('is not run, but replaced', async () => {
    const path = join(cli.folder, 'home/tsmachine/compile-cache', `${process.version}-${process.arch}/other/main.cjs`);
    const asRoot = () => cli.run(['--version'], { env: { XDG_CACHE_HOME: join(cli.folder, 'home') } });
    await asRoot();
    chownSync(path, NOBODY, NOBODY);
    expect(await asRoot()).toMatchObject({ code: 0, stderr: '' });
    expect(statSync(path).uid).toBe(0);
  });
});
