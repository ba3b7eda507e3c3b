/** `npm pack`, installed globally by an ordinary user without dev dependencies, does what it does in the clone. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
/** How npm reaches its registry here: another user with another home would not know it, and leaves optional packages out in silence. */
const { NODE_EXTRA_CA_CERTS } = process.env;
const npmSetting = (name: string) =>
  execFileSync('npm', ['config', 'get', name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
const reach = {
  ...(NODE_EXTRA_CA_CERTS === undefined ? {} : { NODE_EXTRA_CA_CERTS }),
  ...Object.fromEntries(
    ['registry', 'cafile'].map((name) => [`npm_config_${name}`, npmSetting(name)]).filter(([, value]) => value !== 'null' && value !== ''),
  ),
};
const USER = 65534; // nobody: no rights anywhere

describe('the packed package', () => {
  const home = mkdtempSync(join(tmpdir(), 'tsm-pack-'));
  const asUser = (file: string, ...args: string[]) =>
    execFileSync('setpriv', [`--reuid=${USER}`, `--regid=${USER}`, '--clear-groups', file, ...args], {
      cwd: home,
      encoding: 'utf8',
      env: { HOME: home, PATH: `${home}/npm/bin:/usr/bin:/bin`, SHELL: '/bin/bash', npm_config_cache: `${home}/cache`, ...reach },
    });

  beforeAll(() => {
    chmodSync(home, 0o755);
    for (const folder of ['npm', 'cache', 'pack']) mkdirSync(join(home, folder));
    const [packed] = JSON.parse(
      execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', join(home, 'pack')], {
        cwd: ROOT,
        encoding: 'utf8',
      }),
    ) as { filename: string }[];
    execFileSync('chown', ['-R', `${USER}:${USER}`, home]);
    asUser(
      'npm',
      'install',
      '--global',
      '--omit=dev',
      '--no-audit',
      '--no-fund',
      `--prefix=${home}/npm`,
      join(home, 'pack', packed?.filename ?? ''),
    );
  });

  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('tells its version, also when `node` is an old one', () => {
    expect(asUser('tsmachine', '--version')).toMatch(/^tsmachine version \d+\.\d+\.\d+, build \w+\n$/);
  });

  it('has the drivers', () => {
    expect(asUser('tsmachine', 'create', '--driver', 'qemu', '--help')).toContain('--qemu-memory');
    asUser('tsmachine', 'create', '--driver', 'none', '--url', 'tcp://127.0.0.1:9', 'there');
    expect(asUser('tsmachine', 'url', 'there')).toBe('tcp://127.0.0.1:9\n');
    asUser('tsmachine', 'rm', '-y', 'there');
  });

  it('carries what the boot image is made of', () => {
    const files = asUser('find', `${home}/npm/lib/node_modules/tsmachine/dist`, '-type', 'f');
    for (const file of ['engine/dockerd.cjs', 'engine/koffi.node', 'supervisor.js', 'templates/']) expect(files).toContain(`dist/${file}`);
  });
});
