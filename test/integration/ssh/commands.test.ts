/** `ssh`, `ssh-config` and `host-key` of the program on a server that exists, with both clients. */
import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprint } from '../../../src/ssh/index.ts';
import { startSshd, type TestSshd } from '../../support/sshd.ts';
import { TestStore } from '../../unit/cli/run-cli.ts';

const run = promisify(execFile);
let sshd: TestSshd;
let other: TestSshd;
let store: TestStore;
beforeAll(async () => {
  [sshd, other] = await Promise.all([startSshd(), startSshd()]);
  store = new TestStore();
  await store.create('none');
});
afterAll(() => {
  for (const server of [sshd, other]) server?.stop();
  store?.remove();
});

const folder = (name: string) => join(store.path, 'machines', name);
const record = (name: string) => JSON.parse(readFileSync(join(folder(name), 'tsmachine.json'), 'utf8')) as { hostKeys: string[] };

/** A machine of driver generic that docker-machine might have made: nothing is pinned. */
function machine(name: string, server = sshd, changes: object = {}): void {
  mkdirSync(folder(name), { recursive: true, mode: 0o700 });
  const config = JSON.parse(readFileSync(join(folder('none'), 'config.json'), 'utf8'));
  const key = join(folder(name), 'id with "quotes"'.replaceAll('"', ''));
  copyFileSync(server.keyPath, key);
  const driver = {
    IPAddress: '127.0.0.1',
    MachineName: name,
    SSHUser: server.user,
    SSHPort: server.port,
    SSHKeyPath: key,
    EnginePort: 2376,
    SSHKey: '',
  };
  const text = JSON.stringify({ ...config, Name: name, DriverName: 'generic', Driver: { ...config.Driver, ...driver, ...changes } });
  writeFileSync(join(folder(name), 'config.json'), text, { mode: 0o600 });
}

const external = ['--native-ssh=false'];

describe.each([
  ['built in', []],
  ["the computer's own", external],
])('ssh with the client %s', (kind, flags) => {
  const name = `m${flags.length}`;
  const ssh = (...words: string[]) => store.run([...flags, 'ssh', name, ...words]);

  it('tells and pins the host key at first contact', async () => {
    machine(name);
    const { code, stdout, stderr } = await ssh('echo', 'hello');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'hello\n' });
    expect(stderr).toBe(
      `First contact with 127.0.0.1:${sshd.port}: its SSH host key ${fingerprint(sshd.hostKeys[0] ?? '')} is trusted from now on.\n`,
    );
    expect(record(name).hostKeys).toEqual([sshd.hostKeys[0]]);
    expect(await ssh('echo', 'again')).toEqual({ code: 0, stdout: 'again\n', stderr: '' });
  });

  it('keeps streams and exit code, options and words', async () => {
    expect(await ssh('echo', 'out;', 'echo', 'err', '>&2;', 'exit', '42')).toEqual({ code: 42, stdout: 'out\n', stderr: 'err\n' });
    expect(await ssh('--', 'echo', '-n', 'x')).toEqual({ code: 0, stdout: 'x', stderr: '' });
    expect(await ssh('-C', 'echo', '-n', 'x')).toMatchObject({ code: 0, stdout: 'x' });
    expect((await ssh('-tt', 'tty')).stdout).toContain('/dev/pts/');
    expect(await store.run([...flags, 'ssh', name, 'cat'], { stdin: 'some input' })).toMatchObject({ stdout: 'some input' });
  });

  it('is not possible with a key that changed', async () => {
    machine(`${name}-changed`, other);
    writeFileSync(join(folder(`${name}-changed`), 'tsmachine.json'), JSON.stringify({ ...record(name) }), { mode: 0o600 });
    const { code, stdout, stderr } = await store.run([...flags, 'ssh', `${name}-changed`, 'echo', 'hello']);
    expect(stdout).toBe('');
    expect(code).not.toBe(0);
    if (kind === 'built in') expect(stderr).toContain(`host-key ${name}-changed --accept ${fingerprint(other.hostKeys[0] ?? '')}`);
    else expect(stderr).toContain('Host key verification failed');
  });
});

describe('a jump host', () => {
  it('is pinned, and another key of it accepted by name', async () => {
    mkdirSync(join(store.home, '.ssh'), { mode: 0o700 });
    copyFileSync(other.keyPath, join(store.home, '.ssh', 'id_rsa'));
    machine('behind');
    const notes = { ...record('m0'), hostKeys: [], sshProxyJump: `127.0.0.1:${other.port}` };
    writeFileSync(join(folder('behind'), 'tsmachine.json'), JSON.stringify(notes), { mode: 0o600 });
    const first = await store.run(['ssh', 'behind', 'echo', 'hello']);
    expect(first).toMatchObject({ code: 0, stdout: 'hello\n' });
    expect(first.stderr).toContain(
      `First contact with jump host 127.0.0.1:${other.port}: its SSH host key ${fingerprint(other.hostKeys[0] ?? '')}`,
    );
    expect(await store.run(['ssh', 'behind', 'echo', 'hello'])).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
    const changed = { ...record('behind'), jumpHostKeys: { [`127.0.0.1:${other.port}`]: [sshd.hostKeys[0]] } };
    writeFileSync(join(folder('behind'), 'tsmachine.json'), JSON.stringify(changed), { mode: 0o600 });
    const refused = await store.run(['ssh', 'behind', 'echo', 'hello']);
    expect(refused).toMatchObject({ code: 1, stdout: '' });
    const [, print = ''] = /host-key behind --accept (SHA256:\S+)/.exec(refused.stderr) ?? [];
    expect(print).toBe(fingerprint(other.hostKeys[0] ?? ''));
    expect(await store.run(['host-key', 'behind', '--accept', print])).toMatchObject({ code: 0 });
    expect(await store.run(['ssh', 'behind', 'echo', 'hello'])).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
  });
});

describe('host-key', () => {
  it('shows pinned and shown keys, and accepts the one named', async () => {
    machine('moved', other);
    writeFileSync(join(folder('moved'), 'tsmachine.json'), JSON.stringify({ ...record('m0') }), { mode: 0o600 });
    const [ed25519 = '', rsa = ''] = other.hostKeys;
    const { code, stdout, stderr } = await store.run(['host-key', 'moved']);
    expect(code).toBe(1);
    expect(stdout.trimEnd().split('\n')).toEqual([
      `ssh-ed25519          ${fingerprint(sshd.hostKeys[0] ?? '')} pinned, not shown`,
      `ssh-ed25519          ${fingerprint(ed25519)} shown, not pinned`,
      `ssh-rsa              ${fingerprint(rsa)} shown, not pinned`,
    ]);
    expect(stderr).toContain(`tsmachine host-key moved --accept ${fingerprint(ed25519)}`);
    expect(await store.run(['host-key', '--accept', fingerprint(sshd.hostKeys[1] ?? ''), 'moved'])).toMatchObject({ code: 1 });
    expect(record('moved').hostKeys).toEqual(record('m0').hostKeys);
    expect(await store.run(['host-key', 'moved', '--accept', fingerprint(rsa)])).toMatchObject({ code: 0 });
    expect(record('moved').hostKeys).toEqual([rsa]);
    expect(await store.run(['ssh', 'moved', 'echo', 'hello'])).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
    expect((await store.run(['host-key', 'moved'])).code).toBe(0);
  });

  it('refuses what is no fingerprint, and machines without SSH', async () => {
    expect(await store.run(['host-key', '--accept', 'yes', 'm0'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('expected a fingerprint'),
    });
    expect(await store.run(['host-key', 'none'])).toMatchObject({ code: 1, stderr: expect.stringContaining('has no SSH') });
  });
});

describe('ssh-config', () => {
  it('is what ssh -F takes', async () => {
    machine('fresh');
    const { code, stdout } = await store.run(['ssh-config', 'fresh', 'm0']);
    expect(code).toBe(0);
    const file = join(store.home, 'config');
    writeFileSync(file, stdout);
    for (const name of ['fresh', 'm0'])
      expect((await run('ssh', ['-F', file, '-o', 'BatchMode=yes', name, 'echo', 'hello'])).stdout).toBe('hello\n');
    expect(record('fresh').hostKeys).toHaveLength(1);
    expect(statSync(join(folder('fresh'), 'known_hosts')).mode & 0o777).toBe(0o600);
    expect(stdout).toContain('  IdentityFile "');
  });

  it('of all machines leaves out what has none, and one that is not reached', async () => {
    machine('gone', sshd, { SSHPort: 1 });
    const { code, stdout, stderr } = await store.run(['ssh-config']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Host fresh$/m);
    expect(stdout).not.toMatch(/^Host (none|gone)$/m);
    expect(stderr).toMatch(/^gone is left out: .*ECONNREFUSED/m);
    expect((await store.run(['ssh-config', 'gone'])).code).toBe(1);
  });

  it('holds no line that is not its own', async () => {
    machine('evil', sshd, { SSHKeyPath: '/x"\n  ProxyCommand touch /tmp/evil' });
    writeFileSync(join(folder('evil'), 'tsmachine.json'), JSON.stringify({ ...record('m0') }), { mode: 0o600 });
    expect(await store.run(['ssh-config', 'evil'])).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('ssh_config cannot hold'),
    });
    machine('dash', sshd, { IPAddress: '-oProxyCommand=touch /tmp/evil', SSHUser: '-oProxyCommand=touch /tmp/evil' });
    expect((await store.run([...external, 'ssh', 'dash', 'true'])).code).not.toBe(0);
    expect(existsSync('/tmp/evil')).toBe(false);
  });
});
