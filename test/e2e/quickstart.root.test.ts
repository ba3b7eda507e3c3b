/** README command 1 in a fresh clone, by someone who has no docker CLI, no Node 24 and nothing built. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const BARE_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';
const run = promisify(execFile);

describe('the first README command in a fresh clone', () => {
  const home = mkdtempSync(join(tmpdir(), 'tsm-clone-'));
  const clone = join(home, 'tsmachine');
  // npm's own way to a certificate authority of the local network, when there is one
  const { NODE_EXTRA_CA_CERTS } = process.env;
  const trust = NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS };
  const env = { HOME: home, PATH: BARE_PATH, USER: 'root', LANG: 'C.UTF-8', ...trust };
  const inClone = (file: string, args: string[]) => run(file, args, { cwd: clone, env, maxBuffer: 1 << 26 });

  afterAll(async () => {
    if (existsSync(join(clone, 'dist'))) await inClone('node', ['dist/bin/tsmachine.cjs', 'rm', '-f', 'myhost']);
    if (existsSync(join(clone, 'node_modules'))) await inClone('node_modules/.bin/node', ['scripts/registry.mjs', 'stop']);
    rmSync(home, { recursive: true, force: true });
  });

  it('makes a machine and runs hello-world from the host and from inside', async () => {
    for (const folder of BARE_PATH.split(':')) expect(existsSync(join(folder, 'docker')), `${folder}/docker`).toBe(false);
    execFileSync('git', ['clone', '-q', ROOT, clone]);
    const { stdout } = await inClone('npm', ['run', 'quickstart']);
    expect(stdout).toMatch(/Server:[\s\S]*docker run hello-world[\s\S]*Hello from[\s\S]*tsmachine ssh myhost[\s\S]*Hello from/);
    expect(stdout).toContain('npx tsmachine rm -y myhost');
  }, 1_200_000);

  it('skips what is done the second time', async () => {
    const { stdout } = await inClone('npm', ['run', 'quickstart']);
    expect(stdout).toMatch(/all there[\s\S]*nothing changed[\s\S]*nothing changed[\s\S]*runs already/);
  });

  it('answers npx tsmachine', async () => {
    const { stdout } = await inClone('npx', ['tsmachine', 'status', 'myhost']);
    expect(stdout).toBe('Running\n');
  });
});
