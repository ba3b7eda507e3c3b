/** What inspect and ps show, of many kinds of containers, and ps' filters. */

import type { Target } from '../target.ts';
import type { Scenario } from './index.ts';

const KINDS: Record<string, object> = {
  plain: { Cmd: ['true'] },
  configured: {
    Cmd: ['-c', 'true'],
    Entrypoint: ['sh'],
    Env: ['A=1', 'B'],
    Labels: { a: 'b' },
    WorkingDir: '/tmp',
    User: '1000:10',
    Hostname: 'box',
    Domainname: 'example.org',
    StopSignal: 'SIGINT',
    StopTimeout: 3,
    ExposedPorts: { '80/tcp': {}, '53/udp': {} },
  },
  limited: {
    Cmd: ['true'],
    HostConfig: { Memory: 1 << 26, PidsLimit: 50, CpuShares: 512, ShmSize: 1 << 20, OomScoreAdj: 100 },
  },
  published: {
    Cmd: ['sleep', '1000'],
    ExposedPorts: { '80/tcp': {}, '81/tcp': {}, '53/udp': {}, '90/tcp': {} },
    HostConfig: {
      PortBindings: {
        '80/tcp': [{ HostPort: '8080' }],
        '81/tcp': [{ HostIp: '127.0.0.1', HostPort: '8081' }],
        '53/udp': [{ HostPort: '5353' }],
      },
    },
  },
  // Bindings of ports that are not exposed too are not made: the client sends both.
  unexposed: { Cmd: ['sleep', '1000'], HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } } },
  none: { Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'none' } },
  host: { Cmd: ['sleep', '1000'], HostConfig: { NetworkMode: 'host', PidMode: 'host', IpcMode: 'host', UTSMode: 'host' } },
  privileged: { Cmd: ['sleep', '1000'], HostConfig: { Privileged: true } },
  hardened: {
    Cmd: ['true'],
    HostConfig: { CapDrop: ['ALL'], CapAdd: ['NET_ADMIN'], ReadonlyRootfs: true, SecurityOpt: ['no-new-privileges'] },
  },
  mounts: {
    Cmd: ['true'],
    Volumes: { '/anonymous': {} },
    HostConfig: { Binds: ['/tmp:/bound', '/var:/var-ro:ro', 'named:/named'], Tmpfs: { '/scratch': 'size=1m' } },
  },
  terminal: { Cmd: ['true'], Tty: true, OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true },
  restarting: { Cmd: ['sleep', '1000'], HostConfig: { RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 3 } } },
  logging: { Cmd: ['true'], HostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-size': '1m' } } } },
};

async function show(t: Target, kind: string, when: string): Promise<void> {
  await t.call(`inspect ${kind} ${when}`, { path: `/containers/${kind}/json` });
}

export const inspectScenarios: Record<string, Scenario> = {
  inspect: async (t) => {
    for (const [kind, body] of Object.entries(KINDS)) {
      const id = await t.create(kind, { Image: 'busybox', ...body });
      await show(t, kind, 'created');
      await t.call(`start ${kind}`, { method: 'POST', path: `/containers/${kind}/start` });
      const long = (body as { Cmd: string[] }).Cmd[0] === 'sleep';
      if (!long) await t.quiet({ method: 'POST', path: `/containers/${kind}/wait` });
      await show(t, kind, long ? 'running' : 'exited');
      await t.call(`ps with ${kind}`, { path: '/containers/json?all=1' });
      await t.remove(id);
    }
    await t.quiet({ method: 'DELETE', path: '/volumes/named' });
  },

  'inspect with size': async (t) => {
    const id = await t.ran('sized', { Image: 'busybox', Cmd: ['sh', '-c', 'echo 12345 > /file'] });
    const answer = await t.quiet({ path: '/containers/sized/json?size=1' });
    const { SizeRw, SizeRootFs } = JSON.parse(answer.body.toString()) as { SizeRw: number; SizeRootFs: number };
    t.note('sizes', { rw: String(SizeRw), root: String(SizeRootFs > SizeRw) });
    await t.remove(id);
  },

  'inspect of each version': async (t) => {
    const id = await t.running('vv', {
      Image: 'busybox',
      Cmd: ['sleep', '1000'],
      ExposedPorts: { '80/tcp': {} },
      HostConfig: { PortBindings: { '80/tcp': [{ HostPort: '8080' }] } },
    });
    const made = await t.quiet({ method: 'POST', path: '/containers/vv/exec', body: { Cmd: ['true'], Env: ['A=1'], WorkingDir: '/tmp' } });
    const { Id: exec } = JSON.parse(made.body.toString()) as { Id: string };
    t.names.add(exec, 'exec');
    for (let minor = 24; minor <= t.minor; minor += 1) {
      await t.raw(`v1.${minor} inspect`, { path: `/v1.${minor}/containers/vv/json` });
      await t.raw(`v1.${minor} ps`, { path: `/v1.${minor}/containers/json` });
      await t.raw(`v1.${minor} image`, { path: `/v1.${minor}/images/busybox/json` });
      await t.raw(`v1.${minor} images`, { path: `/v1.${minor}/images/json` });
      await t.raw(`v1.${minor} exec`, { path: `/v1.${minor}/exec/${exec}/json` });
      await t.raw(`v1.${minor} network`, { path: `/v1.${minor}/networks/none` });
      await t.raw(`v1.${minor} volumes`, { path: `/v1.${minor}/volumes` });
      await t.raw(`v1.${minor} info`, { path: `/v1.${minor}/info` });
      await t.raw(`v1.${minor} version`, { path: `/v1.${minor}/version` });
      await t.raw(`v1.${minor} _ping`, { path: `/v1.${minor}/_ping` });
    }
    await t.remove(id);
  },

  'ps filters': async (t) => {
    const one = await t.running('ps-one', { Image: 'busybox', Cmd: ['sleep', '1000'], Labels: { color: 'red' } });
    const two = await t.ran('ps-two', { Image: 'busybox', Cmd: ['sh', '-c', 'exit 3'], Labels: { color: 'blue', size: '' } });
    const filters: Record<string, unknown> = {
      label: { label: ['color'] },
      'label with a value': { label: ['color=red'] },
      'two labels': { label: ['color=blue', 'size'] },
      status: { status: ['exited'] },
      'a bad status': { status: ['odd'] },
      name: { name: ['ps-o'] },
      'a name with a slash': { name: ['^/ps-one$'] },
      id: { id: [one.slice(0, 10)] },
      'exit code': { exited: ['3'] },
      'a bad exit code': { exited: ['x'] },
      ancestor: { ancestor: ['busybox'] },
      'an unknown ancestor': { ancestor: ['nosuch'] },
      before: { before: ['ps-two'] },
      since: { since: ['ps-one'] },
      'since nothing': { since: ['nosuch'] },
      network: { network: ['bridge'] },
      volume: { volume: ['nosuch'] },
      'an unknown filter': { odd: ['x'] },
      'the old map form': { label: { 'color=red': true } },
      'a value that is no list': { label: 'color' },
    };
    for (const [name, filter] of Object.entries(filters)) {
      await t.call(name, { path: `/containers/json?all=1&filters=${encodeURIComponent(JSON.stringify(filter))}` });
    }
    await t.call('no JSON', { path: '/containers/json?filters=x' });
    await t.call('running only', { path: '/containers/json' });
    await t.call('limit', { path: '/containers/json?limit=1' });
    await t.call('a bad limit', { path: '/containers/json?limit=x' });
    await t.call('all as a word', { path: '/containers/json?all=true&limit=1' });
    await t.remove(one, two);
  },
};
