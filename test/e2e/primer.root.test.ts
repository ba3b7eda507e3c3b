/** The session of the README's primer, typed into a terminal line by line. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testRegistry } from './registry.ts';
import { Terminal } from './terminal.ts';

const ROOT = resolve(import.meta.dirname, '../..');

describe('a first session, typed', () => {
  const home = mkdtempSync(join(tmpdir(), 'tsm-primer-'));
  let terminal: Terminal;

  const guest = async (line: string, pattern: RegExp, seconds = 60) => {
    terminal.type(line);
    const match = await terminal.expect(pattern, seconds);
    await terminal.expect(/docker@myhost:~\$\s*$/, 60);
    return match;
  };

  beforeAll(async () => {
    const registry = await testRegistry(['hello-world', 'busybox', 'debian']);
    const docker = execFileSync('node', [join(ROOT, 'scripts/docker-cli.mjs'), '--unpacked'], { encoding: 'utf8', cwd: ROOT }).trim();
    terminal = new Terminal(
      {
        HOME: home,
        SHELL: '/bin/bash',
        PS1: 'host$ ',
        PATH: `${resolve(docker, '..')}:${ROOT}/node_modules/.bin:/usr/sbin:/usr/bin:/sbin:/bin`,
        ENGINE_REGISTRY_MIRROR: registry.mirrorUrl,
        MACHINE_STORAGE_PATH: undefined,
      },
      ROOT,
    );
  });

  afterAll(() => {
    terminal?.type('exit');
    execFileSync('node_modules/.bin/tsmachine', ['--storage-path', join(home, '.docker/machine'), 'rm', '-f', 'myhost'], { cwd: ROOT });
    terminal?.close();
    rmSync(home, { recursive: true, force: true });
  });

  it('creates the machine', async () => {
    terminal.type('tsmachine create myhost; echo "exit code $?"');
    await terminal.expect(/exit code 0/, 300);
  });

  it('logs in and runs a container beside curl on the socket', async () => {
    terminal.type('tsmachine ssh myhost');
    await terminal.expect(/docker@myhost:~\$\s*$/, 60);
    await guest('docker run hello-world', /Hello from/i, 120);
    await guest('curl --unix-socket /var/run/docker.sock http:/version', /"ApiVersion"/);
    const create = `curl --unix-socket /var/run/docker.sock -H "Content-Type: application/json" -d '{"Image": "hello-world", "Tty": true}' -X POST http:/containers/create`;
    const [, id] = await guest(create, /"Id":"([0-9a-f]{64})"/);
    const short = id?.slice(0, 6);
    await guest(`curl --unix-socket /var/run/docker.sock -X POST http:/containers/${short}/start; echo "exit code $?"`, /exit code 0/);
    await guest(`curl --unix-socket /var/run/docker.sock -X POST http:/containers/${short}/wait`, /"StatusCode":0/);
    await guest(`curl --unix-socket /var/run/docker.sock http:/containers/${short}/logs?stdout=1`, /Hello from/i);
    await guest('curl --unix-socket /var/run/docker.sock http://v1.43/containers/json | jq', /\[\s*\]/);
    await guest(
      'ls -l /var/run/docker.sock; ps -ef | grep dockerd; ip addr show docker0',
      /srw-rw---- +1 root +docker[\s\S]*\/usr\/bin\/dockerd[\s\S]*172\.17\.0\.1\/16/,
    );
    terminal.type('exit');
    await terminal.expect(/host\$\s*$/);
  });

  it('shows what primers on namespaces show', async () => {
    terminal.type('tsmachine ssh myhost');
    await terminal.expect(/docker@myhost:~\$\s*$/, 60);
    await guest('ps -e -o pid,ppid,command | head -3', /PID +PPID +COMMAND/);
    await guest('pstree -p | head -3', /\(1\)/);
    terminal.type('sudo unshare --fork --pid --mount-proc bash');
    await terminal.expect(/root@myhost:\S*# ?$/m);
    terminal.type('ps -e -o pid,ppid,command');
    await terminal.expect(/\n +1 +0 bash/);
    await guest('exit', /exit/);
    await guest('sudo ls -l /proc/1/ns', /net -> '?net:\[\d+\]/);
    terminal.type('exit');
    await terminal.expect(/host\$\s*$/);
  });

  it('runs containers from the host', async () => {
    terminal.type('docker $(tsmachine config myhost) version');
    await terminal.expect(/Server:[\s\S]*host\$\s*$/);
    terminal.type('eval $(tsmachine env --no-proxy myhost)');
    await terminal.expect(/host\$\s*$/);
    terminal.type('docker run -d --name web -p 8080:80 busybox httpd -f -v -p 80 -h /etc');
    await terminal.expect(/[0-9a-f]{64}/, 120);
    terminal.type('docker exec -it web sh');
    await terminal.expect(/\/ #\s*$/);
    terminal.type('wget -q -O - http://127.0.0.1/hostname; tty; exit');
    await terminal.expect(/\/dev\/pts\/\d+[\s\S]*host\$\s*$/);
    terminal.type('docker logs -f web');
    await terminal.expect(/response:200/);
    terminal.key('C-c');
    await terminal.expect(/host\$\s*$/);
    terminal.type('docker run -i -t -m 64m --cpus 0.5 debian /bin/bash');
    await terminal.expect(/root@[0-9a-f]{12}:\/#\s*$/, 240);
    terminal.type('cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max; exit');
    await terminal.expect(/67108864\s+50000 100000[\s\S]*host\$\s*$/);
  });

  it('changes certificates under a running container and keeps everything over stop and start', async () => {
    terminal.type('tsmachine regenerate-certs myhost');
    await terminal.expect(/\(y\/n\):/);
    terminal.type('y');
    await terminal.expect(/host\$\s*$/, 120);
    terminal.type('docker ps --format "{{.Names}} {{.State}}"');
    await terminal.expect(/web running/);
    terminal.type('tsmachine stop myhost; tsmachine start myhost; docker ps -a');
    await terminal.expect(/Exited[\s\S]*web[\s\S]*host\$\s*$/, 180);
  });

  it('leaves nothing', async () => {
    terminal.type('eval $(tsmachine env --unset); tsmachine rm -y myhost; echo "exit code $?"; env | grep -c ^DOCKER_');
    await terminal.expect(/exit code 0\n0\n/, 120);
    expect(spawnSync('pgrep', ['-fa', join(home, '.docker')], { encoding: 'utf8' }).stdout).toBe('');
  });
});
