/** What our own engine goes through as `docker.service` of a server that nobody prepared. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type TestRegistry, testRegistry } from '../../e2e/registry.ts';
import { bootGuest, type Guest, type GuestUser } from './guest.ts';
import type { GuestName } from './recipes.ts';
import { LongStore } from './store.ts';

const MACHINE = 'server';

export interface Life {
  readonly guest: GuestName;
  readonly user: GuestUser;
  readonly init: 'systemd' | 'openrc';
}

/** Defines the tests of one part, in their order. */
export function engineTsLife({ guest: name, user, init }: Life): void {
  let guest: Guest;
  let registry: TestRegistry;
  const store = new LongStore();
  const docker = (...words: string[]) => store.onMachine(MACHINE, ...words);
  const service = (verb: string) => guest.must(init === 'systemd' ? `systemctl ${verb} docker` : `rc-service docker ${verb}`);
  const startOfEngine = () => guest.must('stat -c %Y.%i /proc/$(cat /run/docker.pid)');
  const pidOf = async (container: string) => (await docker('inspect', '-f', '{{.State.Pid}}', container)).trim();
  const answers = () =>
    expect
      .poll(() => docker('version', '--format', '{{.Server.Os}}').catch(String), { timeout: 120_000, interval: 500 })
      .toContain('linux');

  beforeAll(async () => {
    registry = await testRegistry(['hello-world', 'busybox']);
    guest = await bootGuest(name);
  });
  afterAll(async () => {
    await guest?.dispose();
    await registry?.stop();
    await store.close();
  });

  if (init === 'openrc') {
    it('is refused with cgroups of both versions, and says what to set', async () => {
      const { code, stderr } = await store.cli(...store.createWords(guest, MACHINE, user, '--engine', 'ts'));
      expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('rc_cgroup_mode=unified in /etc/rc.conf') });
      expect(await guest.must('ls /etc /usr/lib')).not.toMatch(/docker|tsmachine/);
      await store.must('rm', '-f', MACHINE);
      await guest.must('echo rc_cgroup_mode=unified >>/etc/rc.conf');
      await guest.reboot();
    });
  }

  it('is installed from nothing by create --engine ts', async () => {
    expect((await guest.run('command -v dockerd')).code).not.toBe(0);
    const words = ['--engine', 'ts', '--engine-label', 'where=a b', '--engine-registry-mirror', registry.mirrorUrl];
    const said = await store.must(...store.createWords(guest, MACHINE, user, ...words));
    expect(said).toContain('Copying the engine to the remote machine');
    expect(said).toContain('Docker is up and running!');
    expect(await guest.must('stat -c "%a %U" /etc/docker/server-key.pem')).toBe('600 root');
    expect(await guest.must('stat -c "%a %U %G" /run/docker.sock')).toBe('660 root docker');
    await service('status');
    expect(await docker('version', '--format', '{{.Server.Platform.Name}}')).toBe('tsmachine\n');
    expect(JSON.parse(await docker('info', '--format', '{{json .}}'))).toMatchObject({
      CgroupDriver: 'cgroupfs',
      CgroupVersion: '2',
      DockerRootDir: '/var/lib/tsmachine/engine',
      LiveRestoreEnabled: true,
      Labels: ['where=a b', 'provider=generic'],
    });
  });

  it('runs containers with limits, a published port and a network', async () => {
    expect(await docker('run', '--rm', 'hello-world')).toContain('Hello');
    const limits = 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max /sys/fs/cgroup/pids.max';
    expect(await docker('run', '--rm', '-m', '64m', '--cpus', '0.5', '--pids-limit', '50', 'busybox', 'sh', '-c', limits)).toBe(
      '67108864\n50000 100000\n50\n',
    );
    const serve = 'echo served >/index.html; trap "echo ended; exit 0" TERM; httpd -f -h / -p 80 & wait';
    await docker('run', '-d', '--name', 'web', '--restart', 'unless-stopped', '-p', '8080:80', 'busybox', 'sh', '-c', serve);
    const get = "printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";
    expect(await guest.must(`bash -c "exec 3<>/dev/tcp/127.0.0.1/8080; ${get}"`)).toContain('served');
    expect(await docker('run', '--rm', 'busybox', 'wget', '-qO-', `${registry.mirrorUrl}/v2/`)).toBe('{}');
  });

  it('is restarted and reloaded by the service manager while containers go on', async () => {
    const [pid, started] = [await pidOf('web'), await startOfEngine()];
    await service('restart');
    await answers();
    expect(await startOfEngine()).not.toBe(started);
    expect(await pidOf('web')).toBe(pid);
    const again = await startOfEngine();
    await service('reload');
    expect(await docker('exec', 'web', 'cat', '/index.html')).toBe('served\n');
    expect(await startOfEngine()).toBe(again);
  });

  it('is left alone by provision, upgrade and new certificates', async () => {
    const started = await startOfEngine();
    await guest.must('touch /root/marker && sleep 2');
    await store.must('provision', MACHINE);
    await store.must('upgrade', MACHINE);
    expect(await guest.must('find /etc /usr -xdev -newer /root/marker ! -name resolv.conf')).toBe('');
    const before = await guest.must('cat /etc/docker/server.pem');
    await store.must('regenerate-certs', '-f', MACHINE);
    expect(await guest.must('cat /etc/docker/server.pem')).not.toBe(before);
    await answers();
    expect(await startOfEngine()).toBe(started);
  });

  // Not defined rather than skipped elsewhere: a skipped test counts as a failed one.
  if (init === 'systemd') {
    it('honours a drop-in of the user with the sockets of docker.socket, and leaves it', async () => {
      const folder = '/etc/systemd/system/docker.service.d';
      const use = async (start: string) => {
        const input = `[Service]\nExecStart=\n${start} --insecure-registry=192.168.0.0/24\n`;
        await guest.must(`cat >${folder}/20-user.conf && systemctl daemon-reload && systemctl restart docker`, { input });
        return input.trim();
      };
      const registries = { RegistryConfig: { InsecureRegistryCIDRs: expect.arrayContaining(['192.168.0.0/24']) } };
      await use('ExecStart=/usr/bin/dockerd -H fd://');
      const ask = `require('http').get({ socketPath: '/run/docker.sock', path: '/info' }, (a) => a.pipe(process.stdout))`;
      expect(JSON.parse(await guest.must('/usr/lib/tsmachine/engine/node -', { input: ask }))).toMatchObject(registries);
      const text = await use(await guest.must(`grep '^ExecStart=/' ${folder}/10-machine.conf`));
      await store.must('provision', MACHINE);
      expect(await guest.must(`cat ${folder}/20-user.conf`)).toBe(text);
      expect(JSON.parse(await docker('info', '--format', '{{json .}}'))).toMatchObject(registries);
      await guest.must(`rm ${folder}/20-user.conf && systemctl daemon-reload && systemctl restart docker`);
      await answers();
    });
  }

  it('ends containers in order when the host goes down, and starts them again', async () => {
    await guest.reboot();
    await answers();
    await expect.poll(() => docker('ps', '--format', '{{.Names}}').catch(String), { timeout: 120_000, interval: 1000 }).toContain('web');
    expect(await docker('logs', 'web')).toContain('ended');
  });

  it('makes room for Docker only after a yes, and takes over again with everything it had', async () => {
    if (init === 'openrc') {
      const impossible = await store.cli('provision', '--engine', 'docker', '--yes', MACHINE);
      expect(impossible.stderr).toContain('splits options at blanks'); // Debian's init script for Docker, which is not there yet
      store.edit(MACHINE, 'config.json', (text) => text.replace('where=a b', 'where=a'));
    }
    const refused = await store.cli('provision', '--engine', 'docker', MACHINE);
    expect(refused.stderr).toContain('1 running container');
    expect(await docker('ps', '--format', '{{.Names}}')).toBe('web\n');
    await store.must('provision', '--engine', 'docker', '--yes', MACHINE);
    expect(await docker('info', '--format', '{{.DockerRootDir}}')).toBe('/var/lib/docker\n');
    expect(await docker('ps', '-aq')).toBe('');
    expect(await docker('run', '--rm', 'hello-world')).toContain('Hello');
    await store.must('provision', '--engine', 'ts', MACHINE);
    expect(await docker('info', '--format', '{{.DockerRootDir}}')).toBe('/var/lib/tsmachine/engine\n');
    expect(await docker('ps', '-a', '--format', '{{.Names}}')).toContain('web');
    expect(await docker('run', '--rm', 'hello-world')).toContain('Hello');
    expect(await docker('run', '--rm', 'busybox', 'wget', '-qO-', `${registry.mirrorUrl}/v2/`)).toBe('{}');
  });
}
