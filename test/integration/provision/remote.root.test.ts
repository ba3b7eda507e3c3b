/** The scripts that provisioning runs on a machine, by the shells that machines have. Needs root. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { readEngineFacts, readFacts } from '../../../src/provision/facts.ts';
import type { Workplace } from '../../../src/provision/guest.ts';
import { rootShell } from '../../../src/provision/privilege.ts';
import { writeFiles } from '../../../src/provision/remote-files.ts';
import { withRemoteLock } from '../../../src/provision/remote-lock.ts';
import { HOSTNAME_SCRIPT } from '../../../src/provision/scripts/hostname.ts';
import { INSTALL_URL_SCRIPT, PACKAGES_SCRIPT } from '../../../src/provision/scripts/packages.ts';
import { type PrivateRoot, startPrivateRoot } from '../../support/private-root.ts';

let machine: PrivateRoot;
beforeAll(async () => {
  machine = await startPrivateRoot();
  await machine.must(`
    for user in free asked none; do useradd -m -s /bin/sh $user; done
    printf 'asked:pass word$\\n' | chpasswd
    echo 'free ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/free; echo 'asked ALL=(ALL) ALL' >/etc/sudoers.d/asked`);
});
afterAll(() => machine?.stop());

const log = { info: () => {}, warn: () => {}, debug: () => {} };
const place = (user: string, ask?: Workplace['ask']): Workplace => ({
  shell: machine.shell({ user }),
  log,
  clock: systemClock,
  signal: new AbortController().signal,
  ...(ask ? { ask } : {}),
});

describe.each([['dash'], ['bash', '--norc', '--posix'], ['busybox', 'sh']])('with %s', (...sh) => {
  const root = () => machine.shell({ sh });
  const stat = async (path: string) => (await machine.must(`stat -c '%a %U %Y %i' ${path}`)).trim();

  it('looks at the machine', async () => {
    const facts = await readFacts(root());
    expect(facts).toMatchObject({ distribution: { id: 'debian' }, arch: 'x86_64', user: 'root', privilege: 'root', libc: 'glibc' });
    await machine.must(`mkdir -p /etc/docker && printf '{\\n "a=b": 1 }' >/etc/docker/daemon.json`);
    expect(await readEngineFacts(root())).toMatchObject({ daemonJson: '{\n "a=b": 1 }', tools: ['apt-get'], dropIns: [] });
    await machine.must('rm /etc/docker/daemon.json');
    expect((await readEngineFacts(root())).daemonJson).toBeUndefined();
  });

  it('writes files whole, for root alone, and a second time not at all', async () => {
    await machine.must('rm -rf /etc/docker /run/tsmachine /etc/systemd/system/docker.service.d');
    const content = `-----BEGIN $(id) \`id\` 'x' "y" \\n %s\n${'k'.repeat(5000)}\n`;
    const files = [
      { path: '/etc/docker/server-key.pem', mode: 0o600, content },
      { path: '/etc/systemd/system/docker.service.d/10-machine.conf', mode: 0o644, content: 'no line end' },
    ];
    expect(await writeFiles(root(), 'certificates', files)).toEqual(files.map(({ path }) => path));
    expect(await machine.must('cat /etc/docker/server-key.pem')).toBe(content);
    expect(await machine.must('cat /etc/systemd/system/docker.service.d/10-machine.conf; ls /run/tsmachine')).toBe(
      'no line endcertificates\n',
    );
    expect(await stat('/etc/docker/server-key.pem')).toMatch(/^600 root /);
    expect(await stat('/etc/systemd/system/docker.service.d')).toMatch(/^755 root /);
    const before = await Promise.all(['/etc/docker', ...files.map(({ path }) => path)].map(stat));
    await machine.must('rm -r /run/tsmachine');
    expect(await writeFiles(root(), 'certificates', files)).toEqual([]);
    expect(await Promise.all(['/etc/docker', ...files.map(({ path }) => path)].map(stat))).toEqual(before);
    expect(await machine.must('ls /run/tsmachine')).toBe(''); // no restart is due
    await machine.must('chmod 644 /etc/docker/server-key.pem; chown 1 /etc/systemd/system/docker.service.d/10-machine.conf');
    expect(await writeFiles(root(), 'certificates', files)).toHaveLength(2);
    expect(await stat('/etc/docker/server-key.pem')).toMatch(/^600 root /);
  });

  it('leaves the old file where the new one does not fit, and says why', async () => {
    await machine.must('mkdir -p /mnt/full && mount -t tmpfs -o size=8k tmpfs /mnt/full && echo old >/mnt/full/file');
    const file = (path: string) => [{ path, mode: 0o600, content: 'x'.repeat(20_000) }];
    await expect(writeFiles(root(), 'options', file('/mnt/full/file'))).rejects.toThrow(/file: .*No space left on device/s);
    expect(await machine.must('cat /mnt/full/file; ls -A /mnt/full; umount /mnt/full')).toBe('old\nfile\n');
    await machine.must('mount -t tmpfs -o ro tmpfs /mnt/full');
    await expect(writeFiles(root(), 'options', file('/mnt/full/file'))).rejects.toThrow('Read-only file system');
    await machine.must('umount /mnt/full');
  });

  it('names the machine once', async () => {
    const name = `m-${sh[0]}.example`;
    const run = () => root().run(['sh', '-c', HOSTNAME_SCRIPT, 'sh', name, name.replaceAll('.', '\\.')]);
    await machine.must(`printf '127.0.0.1 localhost\\n127.0.1.1 old older\\n::1 localhost\\n' >/etc/hosts`);
    expect(await run()).toMatchObject({ exitCode: 0, stderr: '' });
    const hosts = `127.0.0.1 localhost\n127.0.1.1 ${name}\n::1 localhost\n`;
    expect(await machine.must('hostname; cat /etc/hostname /etc/hosts')).toBe(`${name}\n${name}\n${hosts}`);
    const before = await Promise.all(['/etc/hostname', '/etc/hosts'].map(stat));
    expect(await run()).toMatchObject({ exitCode: 0 });
    expect(await Promise.all(['/etc/hostname', '/etc/hosts'].map(stat))).toEqual(before);
    await machine.must(`printf '127.0.0.1 localhost' >/etc/hosts`);
    await run();
    expect(await machine.must('cat /etc/hosts')).toBe(`127.0.0.1 localhost\n127.0.1.1 ${name}\n`);
  });

  it('runs a fetched script whole, or not at all', async () => {
    await machine.must(`printf 'echo "$VERSION:$(pwd)"; exit 3' >'/tmp/a b.sh'; : >/tmp/empty.sh`);
    const leftovers = () => machine.must('ls /tmp/tmp.* 2>/dev/null | wc -l');
    const before = await leftovers();
    const run = (url: string, version = '') =>
      root().run(['sh', '-c', PACKAGES_SCRIPT, 'sh', 'sh', '-c', INSTALL_URL_SCRIPT, 'sh', url, version]);
    expect(await run('file:///tmp/a%20b.sh', '27.3')).toMatchObject({ exitCode: 3, stdout: '27.3:/\n' });
    expect(await run('file:///tmp/a%20b.sh')).toMatchObject({ exitCode: 3, stdout: ':/\n' });
    expect(await run('file:///tmp/empty.sh')).toMatchObject({ exitCode: 1, stdout: 'nothing came from file:///tmp/empty.sh\n' });
    expect(await run('file:///tmp/none.sh')).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('curl: (37)') });
    expect(await leftovers()).toBe(before);
  });

  it('lets one in at a time, and the next when the first is gone', async () => {
    const told: string[] = [];
    const order: string[] = [];
    const first = Promise.withResolvers<void>();
    const holding = Promise.withResolvers<void>();
    const one = withRemoteLock(root(), log, async () => {
      holding.resolve();
      await first.promise;
      order.push('one');
    });
    await holding.promise;
    const two = withRemoteLock(root(), { ...log, info: (line) => told.push(line) && first.resolve() }, async () => order.push('two'));
    await Promise.all([one, two]);
    expect(order).toEqual(['one', 'two']);
    expect(told).toEqual(['Waiting for another one who sets this machine up...']);
    await expect(withRemoteLock(root(), log, () => Promise.reject(new Error('the work failed')))).rejects.toThrow('the work failed');
    await withRemoteLock(root(), log, async () => {});
  });
});

describe('sudo', () => {
  it('is told from the login user', async () => {
    const privilege = async (user: string) => (await readFacts(machine.shell({ user }))).privilege;
    expect(await Promise.all(['root', 'free', 'asked', 'none'].map(privilege))).toEqual(['root', 'sudo', 'password', 'password']);
  });

  it('needs no password where it wants none', async () => {
    const root = await rootShell(place('free'), { privilege: 'sudo', user: 'free' });
    expect(await root.run(['sh', '-c', 'id -u; cat'], { input: Buffer.from('in') })).toMatchObject({ exitCode: 0, stdout: '0\nin' });
  });

  it('gets a password over stdin, and the command its own input alone', async () => {
    const asked: string[] = [];
    const answers = ['wrong', 'pass word$'];
    const root = await rootShell(
      place('asked', async ({ text, secret }) => {
        asked.push(`${text}${secret}`);
        return answers.shift();
      }),
      { privilege: 'password', user: 'asked' },
    );
    expect(asked).toEqual(['sudo password of asked: true', 'sudo password of asked: true']);
    const run = () => root.run(['sh', '-c', 'id -u; tr "\\0" " " </proc/$PPID/cmdline; cat'], { input: Buffer.from('line one\nline two') });
    const { stdout, exitCode } = await run();
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^0\n.*line one\nline two$/s);
    expect(stdout).not.toContain('pass word');
    await machine.must("echo 'asked ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/asked"); // now sudo does not read the password
    expect((await run()).stdout).toMatch(/^0\n.*line one\nline two$/s);
    expect((await run()).stdout).not.toContain('pass word');
  });

  it('refuses who may not, whose password nobody knows, and who has no sudo', async () => {
    const facts = { privilege: 'password', user: 'none' } as const;
    await expect(rootShell(place('none'), facts)).rejects.toMatchObject({
      code: 'SUDO',
      message: expect.stringContaining('nobody to ask'),
    });
    await machine.must("printf 'none:secret\\n' | chpasswd");
    await expect(
      rootShell(
        place('none', async () => 'secret'),
        facts,
      ),
    ).rejects.toMatchObject({ code: 'SUDO', message: expect.stringContaining('not in the sudoers file') });
    await expect(
      rootShell(
        place('none', async () => 'wrong'),
        facts,
      ),
    ).rejects.toMatchObject({ message: 'sudo took none of three passwords of user none' });
    await expect(rootShell(place('none'), { ...facts, privilege: 'none' })).rejects.toMatchObject({
      message: expect.stringContaining('has no sudo'),
    });
  });
});
