/** The unmodified docker client: what a user sees and the exit codes. */

import { archive, image, layer } from '../../../scripts/content/image.ts';
import type { Target } from '../target.ts';
import type { Scenario } from './index.ts';

async function removed(t: Target, ...names: string[]): Promise<void> {
  await t.docker(['rm', '-f', '-v', ...names]);
}

const RUNS: Record<string, string[]> = {
  'hello-world': ['hello-world'],
  'exit code': ['busybox', 'sh', '-c', 'echo out; echo err >&2; exit 7'],
  'no such program': ['busybox', 'nosuchprogram'],
  'no such path': ['busybox', '/no/such'],
  'not executable': ['busybox', '/etc/passwd'],
  'a directory': ['busybox', '/etc'],
  'killed by a signal': ['busybox', 'sh', '-c', 'kill -9 $$'],
  terminated: ['busybox', 'sh', '-c', 'kill -15 $$; sleep 1'],
  'no such image': ['127.0.0.1:5000/nosuch'],
  'bad name': ['--name', '-x', 'busybox', 'true'],
  entrypoint: ['--entrypoint', 'echo', 'busybox', 'a', 'b'],
  environment: ['-e', 'A=1', '-e', 'B=2', 'busybox', 'sh', '-c', 'echo $A $B'],
  directory: ['-w', '/made/here', 'busybox', 'pwd'],
  user: ['-u', '1000:10', 'busybox', 'id'],
  'user by name': ['-u', 'user', 'busybox', 'id'],
  'no such user': ['-u', 'nosuch', 'busybox', 'id'],
  'host name': ['--hostname', 'box', 'busybox', 'hostname'],
  'network none': ['--network', 'none', 'busybox', 'ip', '-o', 'link', 'show', 'lo'],
  'network host': ['--network', 'host', 'busybox', 'cat', '/proc/sys/net/ipv4/ip_forward'],
  'no such network': ['--network', 'nosuch', 'busybox', 'true'],
  'pid host': ['--pid', 'host', 'busybox', 'sh', '-c', 'test $$ -gt 1 && echo more than one'],
  'uts host': ['--uts', 'host', 'busybox', 'true'],
  'ipc host': ['--ipc', 'host', 'busybox', 'true'],
  'bind of a missing folder is made': ['-v', '/tmp/made-by-run:/x', 'busybox', 'sh', '-c', 'echo x > /x/y && cat /x/y'],
  'read-only': ['--read-only', 'busybox', 'touch', '/x'],
  'bad port': ['-p', 'x:80', 'busybox', 'true'],
  'bad memory': ['-m', '1k', 'busybox', 'true'],
};

export const cliScenarios: Record<string, Scenario> = {
  'docker run': async (t) => {
    for (const [name, args] of Object.entries(RUNS)) await t.cli(name, ['run', '--rm', ...args]);
    await t.cli('input', ['run', '--rm', '-i', 'busybox', 'wc', '-c'], { stdin: 'x'.repeat(300_000) });
    await t.cli('no input', ['run', '--rm', 'busybox', 'wc', '-c'], { stdin: 'unseen' });
    await t.cli('terminal', ['run', '--rm', '-t', 'busybox', 'sh', '-c', 'tty; echo out; exit 6'], { terminal: true });
    await t.cli('terminal with input', ['run', '--rm', '-it', 'busybox', 'sh', '-c', 'echo ready; read a; echo got $a; exit 5'], {
      terminal: true,
      stdin: 'line\n',
      after: 'ready',
    });
    await t.cli('nothing is left', ['ps', '-a', '--format', '{{.Names}}']);
  },

  'docker client': async (t) => {
    const { stdout } = await t.docker([
      'run',
      '-d',
      '--name',
      'web',
      '--label',
      'a=b',
      '-p',
      '8080:80',
      'busybox',
      'sh',
      '-c',
      'echo started; sleep 1000',
    ]);
    t.names.add(stdout.trim(), 'web');
    await t.cli('name taken', ['run', '--name', 'web', 'busybox', 'true']);
    await t.cli('port taken', ['run', '--rm', '--name', 'taken', '-p', '8080:80', 'busybox', 'true']);
    await t.cli('ps', [
      'ps',
      '--format',
      '{{.ID}} {{.Names}} {{.Image}} {{.Command}} {{.Ports}} {{.Labels}} {{.State}} {{.Networks}} {{.Mounts}}',
    ]);
    await t.cli('port', ['port', 'web']);
    await t.cli('logs', ['logs', 'web']);
    await t.cli('exec', ['exec', 'web', 'sh', '-c', 'echo out; echo err >&2; exit 4']);
    await t.cli('exec with input', ['exec', '-i', 'web', 'cat'], { stdin: 'input\n' });
    await t.cli('exec on a terminal', ['exec', '-it', 'web', 'tty'], { terminal: true });
    await t.cli('exec of a missing program', ['exec', 'web', 'nosuch']);
    await t.cli('exec with an environment', ['exec', '-e', 'A=1', '-w', '/tmp', '-u', '1000', 'web', 'sh', '-c', 'echo $A; pwd; id -u']);
    await t.cli('inspect', [
      'inspect',
      '-f',
      '{{.State.Status}} {{.Name}} {{.HostConfig.NetworkMode}} {{.NetworkSettings.IPAddress}}',
      'web',
    ]);
    await t.cli('rm while running', ['rm', 'web']);
    await t.cli('stop', ['stop', '-t', '0', 'web']);
    await t.cli('ps after', ['ps', '-a', '--format', '{{.Names}} {{.State}}']);
    await t.cli('exec after', ['exec', 'web', 'true']);
    await t.cli('start -a', ['start', 'web']);
    await t.cli('kill', ['kill', 'web']);
    await t.cli('wait', ['wait', 'web']);
    await t.cli('rm', ['rm', 'web']);
    await t.cli('rm again', ['rm', 'web']);
    await t.cli('rm -f of nothing', ['rm', '-f', 'web']);
    for (const verb of ['start', 'stop', 'kill', 'logs', 'attach', 'wait', 'inspect', 'port', 'top', 'pause'])
      await t.cli(`${verb} of nothing`, [verb, 'nosuch']);
  },

  'docker start, attach, logs': async (t) => {
    const { stdout } = await t.docker(['create', '--name', 'job', '-i', 'busybox', 'sh', '-c', 'cat; sleep 0.2; echo err >&2; exit 9']);
    t.names.add(stdout.trim(), 'job');
    await t.cli('start -ai', ['start', '-ai', 'job'], { stdin: 'through\n' });
    await t.cli('logs', ['logs', 'job']);
    await t.cli('logs --tail', ['logs', '--tail', '1', 'job']);
    await t.cli('logs -f', ['logs', '-f', 'job']);
    await t.cli('attach to what has ended', ['attach', 'job']);
    await removed(t, 'job');
  },

  'docker images': async (t) => {
    await t.cli('images', ['images', '--format', '{{.Repository}} {{.Tag}} {{.ID}} {{.Size}}', '--digests']);
    await t.cli('tag', ['tag', 'busybox', 'box:one']);
    await t.cli('rmi', ['rmi', 'box:one']);
    await t.cli('rmi of nothing', ['rmi', 'nosuch']);
    await t.cli('inspect of nothing', ['image', 'inspect', 'nosuch']);
    await t.cli('pull', ['pull', 'hello-world']);
    await t.cli('pull -q', ['pull', '-q', 'hello-world']);
    await t.cli('pull of nothing', ['pull', '127.0.0.1:5000/nosuch']);
    await t.cli('pull of a bad tag', ['pull', '127.0.0.1:5000/library/busybox:nosuch']);
    await t.cli('history', ['history', '--no-trunc', '--format', '{{.ID}} {{.CreatedBy}} {{.Size}}', 'hello-world']);
    await t.cli('load of garbage', ['load'], { stdin: 'garbage' });
  },

  'docker volume and network': async (t) => {
    await t.cli('volume create', ['volume', 'create', 'v1']);
    await t.cli('volume ls', ['volume', 'ls']);
    await t.cli('volume inspect of nothing', ['volume', 'inspect', 'nosuch']);
    await t.cli('volume rm', ['volume', 'rm', 'v1']);
    await t.cli('volume rm again', ['volume', 'rm', 'v1']);
    await t.cli('network ls', ['network', 'ls', '--format', '{{.Name}} {{.Driver}} {{.Scope}}']);
    await t.cli('network inspect of nothing', ['network', 'inspect', 'nosuch']);
  },

  'docker client live': async (t) => {
    const start = async (name: string, ...args: string[]) =>
      t.names.add((await t.docker(['run', '-d', '--name', name, ...args])).stdout.trim(), name);
    await start('ticking', 'busybox', 'sh', '-c', 'for i in 1 2 3; do echo $i; sleep 0.2; done; exit 2');
    await t.cli('logs -f until it ends', ['logs', '-f', 'ticking']);
    await t.cli('wait for what has ended', ['wait', 'ticking']);
    await start('late', 'busybox', 'sh', '-c', 'sleep 1; echo out; echo err >&2; exit 4');
    await t.cli('attach', ['attach', 'late']);
    await start('lasting', 'busybox', 'sh', '-c', 'trap "echo ended; exit 3" TERM; echo ready; while :; do sleep 0.1; done');
    const [waited] = await Promise.all([t.docker(['wait', 'lasting']), t.cli('stop', ['stop', 'lasting'])]);
    t.note('wait while it stops', { exit: String(waited.code), stdout: waited.stdout });
    await t.cli('logs of what was stopped', ['logs', 'lasting']);
    await t.cli('restart', ['restart', '-t', '0', 'lasting']);
    await t.cli('rename', ['rename', 'lasting', 'lasted']);
    await t.cli('rm -f', ['rm', '-f', 'ticking', 'late', 'lasted']);
  },

  'docker version and info': async (t) => {
    await t.cli('version', [
      'version',
      '--format',
      '{{.Server.APIVersion}} {{.Server.MinAPIVersion}} {{.Server.Os}} {{.Server.Arch}} {{.Client.APIVersion}}',
    ]);
    await t.cli('info', [
      'info',
      '--format',
      '{{.Driver}} {{.CgroupVersion}} {{.CgroupDriver}} {{.LoggingDriver}} {{.Swarm.LocalNodeState}} {{.ContainersRunning}}',
    ]);
  },

  'docker load': async (t) => {
    const made = image([await layer([{ name: 'loaded', content: 'x' }])], { Cmd: ['/x'] });
    await t.cli('load', ['load'], { stdin: await archive(made, ['from-cli:one']) });
    await t.cli('rmi', ['rmi', 'from-cli:one']);
  },

  'docker client of each version': async (t) => {
    for (let minor = 24; minor <= Math.min(t.minor, 45); minor += 1) {
      const env = { DOCKER_API_VERSION: `1.${minor}` };
      // Before v1.25 the client removes the container itself, and may not come to it.
      const remove = minor < 25 ? [] : ['--rm'];
      await t.cli(`v1.${minor} run`, ['run', ...remove, '-i', 'busybox', 'sh', '-c', 'cat; echo err >&2; exit 3'], { env, stdin: 'in\n' });
      await t.cli(`v1.${minor} images`, ['images', '--format', '{{.Repository}} {{.Tag}} {{.ID}} {{.Size}}'], { env });
    }
    await t.docker(['run', '-d', '--name', 'each', '-p', '8080:80', 'busybox', 'sleep', '1000']);
    for (let minor = 24; minor <= Math.min(t.minor, 45); minor += 1) {
      const env = { DOCKER_API_VERSION: `1.${minor}` };
      await t.cli(`v1.${minor} exec`, ['exec', '-i', 'each', 'sh', '-c', 'cat; exit 4'], { env, stdin: 'in\n' });
      await t.cli(`v1.${minor} ps`, ['ps', '--format', '{{.Names}} {{.Image}} {{.Ports}} {{.State}}'], { env });
    }
    await t.docker(['rm', '-f', 'each']);
    await t.docker(['container', 'prune', '-f']);
  },

  'a Debian userland': async (t) => {
    await t.docker(['pull', '-q', 'debian']);
    await t.cli('its release and shell', [
      'run',
      '--rm',
      'debian',
      'bash',
      '-c',
      'cat /etc/debian_version; echo $BASH_VERSION; id; getent passwd daemon; ldd /bin/bash | wc -l',
    ]);
    await t.cli('apt and dpkg start', [
      'run',
      '--rm',
      'debian',
      'sh',
      '-c',
      'dpkg -l | wc -l; apt-get --version | head -1; perl -e "print 6*7"',
    ]);
    await t.cli('files, owners and capabilities', [
      'run',
      '--rm',
      'debian',
      'sh',
      '-c',
      'find / -xdev -printf "%p %m %u %g %y %s %l\n" | grep -vE "^/(etc/(hosts|hostname|resolv.conf)|proc|sys|dev)" | sort | md5sum',
    ]);
    await t.cli('a terminal', ['run', '--rm', '-it', 'debian', 'bash', '-c', 'tty; stty size; echo ready; read a; echo got $a'], {
      terminal: true,
      stdin: 'line\n',
      after: 'ready',
    });
  },
};
