/** POST /containers/create and everything that can be wrong with it. */

import type { Target } from '../target.ts';
import type { Scenario } from './index.ts';

const BUSYBOX = { Image: 'busybox', Cmd: ['true'] };

const REFUSED: [name: string, query: string, body: unknown][] = [
  ['no such image', '', { Image: 'nosuchimage' }],
  ['no such tag', '', { Image: 'busybox:nosuchtag' }],
  ['no such digest', '', { Image: `busybox@sha256:${'0'.repeat(64)}` }],
  ['no such image id', '', { Image: 'sha256:0123456789ab' }],
  ['a bad image name', '', { Image: 'Not A Name' }],
  ['an upper case image name', '', { Image: 'BusyBox' }],
  ['no image', '', { Cmd: ['true'] }],
  ['an empty image', '', { Image: '' }],
  ['a bad name', '?name=-bad', BUSYBOX],
  ['a name of one character', '?name=x', BUSYBOX],
  ['a name with a slash', '?name=a/b', BUSYBOX],
  ['an empty object', '', {}],
  ['no command at all', '', { Image: 'layers' }],
  ['wrong type of Cmd', '', { Image: 'busybox', Cmd: 5 }],
  ['wrong type of Env', '', { Image: 'busybox', Env: 'A=b' }],
  ['wrong type of Tty', '', { Image: 'busybox', Tty: 'yes' }],
  ['a bad network mode', '', { ...BUSYBOX, HostConfig: { NetworkMode: 'container:' } }],
  ['a network of an unknown container', '', { ...BUSYBOX, HostConfig: { NetworkMode: 'container:nosuch' } }],
  ['a bad bind', '', { ...BUSYBOX, HostConfig: { Binds: ['x:y:z:w'] } }],
  ['a relative bind target', '', { ...BUSYBOX, HostConfig: { Binds: ['/tmp:relative'] } }],
  ['a bind on the root', '', { ...BUSYBOX, HostConfig: { Binds: ['/tmp:/'] } }],
  ['a bad bind mode', '', { ...BUSYBOX, HostConfig: { Binds: ['/tmp:/x:wrong'] } }],
  ['two binds on one place', '', { ...BUSYBOX, HostConfig: { Binds: ['/tmp:/x', '/var:/x'] } }],
  ['a bad volume name', '', { ...BUSYBOX, HostConfig: { Binds: ['-bad:/x'] } }],
  ['a mount without a target', '', { ...BUSYBOX, HostConfig: { Mounts: [{ Type: 'bind', Source: '/tmp' }] } }],
  ['a mount of a missing source', '', { ...BUSYBOX, HostConfig: { Mounts: [{ Type: 'bind', Source: '/nosuch', Target: '/x' }] } }],
  ['a mount of an unknown type', '', { ...BUSYBOX, HostConfig: { Mounts: [{ Type: 'odd', Target: '/x' }] } }],
  ['too little memory', '', { ...BUSYBOX, HostConfig: { Memory: 4096 } }],
  ['negative memory', '', { ...BUSYBOX, HostConfig: { Memory: -1 } }],
  ['swap below memory', '', { ...BUSYBOX, HostConfig: { Memory: 1 << 28, MemorySwap: 1 << 27 } }],
  ['too many cpus', '', { ...BUSYBOX, HostConfig: { NanoCpus: 1e12 } }],
  ['negative cpus', '', { ...BUSYBOX, HostConfig: { NanoCpus: -1 } }],
  ['cpus and a quota', '', { ...BUSYBOX, HostConfig: { NanoCpus: 1e9, CpuQuota: 1000 } }],
  ['a bad cpuset', '', { ...BUSYBOX, HostConfig: { CpusetCpus: 'x' } }],
  ['a bad oom score', '', { ...BUSYBOX, HostConfig: { OomScoreAdj: 2000 } }],
  ['a bad shm size', '', { ...BUSYBOX, HostConfig: { ShmSize: -1 } }],
  ['a bad ipc mode', '', { ...BUSYBOX, HostConfig: { IpcMode: 'odd' } }],
  ['a bad pid mode', '', { ...BUSYBOX, HostConfig: { PidMode: 'odd' } }],
  ['a bad uts mode', '', { ...BUSYBOX, HostConfig: { UTSMode: 'odd' } }],
  ['a bad cgroup namespace', '', { ...BUSYBOX, HostConfig: { CgroupnsMode: 'odd' } }],
  ['an unknown runtime', '', { ...BUSYBOX, HostConfig: { Runtime: 'odd' } }],
  ['an unknown restart policy', '', { ...BUSYBOX, HostConfig: { RestartPolicy: { Name: 'odd' } } }],
  ['retries without on-failure', '', { ...BUSYBOX, HostConfig: { RestartPolicy: { Name: 'always', MaximumRetryCount: 3 } } }],
  ['auto-remove and a restart policy', '', { ...BUSYBOX, HostConfig: { AutoRemove: true, RestartPolicy: { Name: 'always' } } }],
  ['an unknown log option', '', { ...BUSYBOX, HostConfig: { LogConfig: { Type: 'json-file', Config: { odd: '1' } } } }],
  ['a bad exposed port', '', { ...BUSYBOX, ExposedPorts: { 'x/tcp': {} } }],
  ['a bad published port', '', { ...BUSYBOX, HostConfig: { PortBindings: { '99999/tcp': [{ HostPort: '1' }] } } }],
  ['a bad host port', '', { ...BUSYBOX, HostConfig: { PortBindings: { '80/tcp': [{ HostPort: 'x' }] } } }],
  ['an unknown capability', '', { ...BUSYBOX, HostConfig: { CapAdd: ['ODD'] } }],
  ['a bad security option', '', { ...BUSYBOX, HostConfig: { SecurityOpt: ['odd'] } }],
  ['a bad stop signal', '', { ...BUSYBOX, StopSignal: 'SIGODD' }],
  ['a relative working directory', '', { ...BUSYBOX, WorkingDir: 'relative' }],
  ['a working directory below a file', '', { ...BUSYBOX, WorkingDir: '/etc/passwd/x' }],
  ['a bad host name', '', { ...BUSYBOX, Hostname: 'bad_name!' }],
  ['host network with a host name', '', { ...BUSYBOX, Hostname: 'h', HostConfig: { NetworkMode: 'host' } }],
  ['host network with links', '', { ...BUSYBOX, HostConfig: { NetworkMode: 'host', Links: ['a:b'] } }],
  ['a bad sysctl', '', { ...BUSYBOX, HostConfig: { Sysctls: { 'kernel.odd': '1' } } }],
  ['a bad environment variable', '', { ...BUSYBOX, Env: ['=x'] }],
  ['a bad tmpfs', '', { ...BUSYBOX, HostConfig: { Tmpfs: { '/x': 'odd=1' } } }],
  ['a bad platform', '?platform=odd/odd/odd/odd', BUSYBOX],
  ['another platform', '?platform=linux/arm64', BUSYBOX],
];

async function forget(t: Target, answer: { status: number; body: Buffer }): Promise<void> {
  if (answer.status === 201) await t.remove((JSON.parse(answer.body.toString()) as { Id: string }).Id);
}

export const createScenarios: Record<string, Scenario> = {
  'create refused': async (t) => {
    for (const [name, query, body] of REFUSED) {
      await forget(t, await t.call(name, { method: 'POST', path: `/containers/create${query}`, body: body as object }));
    }
  },

  'create with a bad body': async (t) => {
    const json = { 'Content-Type': 'application/json' };
    const path = '/containers/create';
    await t.call('no body', { method: 'POST', path, headers: json });
    await t.call('an empty body', { method: 'POST', path, headers: json, body: '' });
    await t.call('no JSON', { method: 'POST', path, headers: json, body: 'nonsense' });
    await t.call('half JSON', { method: 'POST', path, headers: json, body: '{"Image":' });
    await t.call('an array', { method: 'POST', path, headers: json, body: '[]' });
    await t.call('null', { method: 'POST', path, headers: json, body: 'null' });
    await t.call('a string', { method: 'POST', path, headers: json, body: '"x"' });
    await t.call('two objects', { method: 'POST', path, headers: json, body: '{"Image":"nosuchimage"}{}' });
    await t.call('another content type', { method: 'POST', path, headers: { 'Content-Type': 'text/plain' }, body: '{"Image":"busybox"}' });
    await t.call('no content type', { method: 'POST', path, body: '{"Image":"nosuchimage"}' });
    const charset = { 'Content-Type': 'application/json; charset=utf-8' };
    await t.call('content type with a charset', { method: 'POST', path, headers: charset, body: '{"Image":"nosuchimage"}' });
  },

  'raw use, as primers show it': async (t) => {
    const answer = await t.quiet({ method: 'POST', path: '/containers/create', body: { Image: 'hello-world', Tty: true } });
    const { Id } = JSON.parse(answer.body.toString()) as { Id: string };
    await t.call('start', { method: 'POST', path: `/containers/${Id.slice(0, 6)}/start` });
    await t.call('wait', { method: 'POST', path: `/containers/${Id.slice(0, 6)}/wait` });
    await t.call('logs', { path: `/containers/${Id.slice(0, 6)}/logs?stdout=1` });
    await t.remove(Id);
  },

  'create accepted': async (t) => {
    const first = await t.call('plain', { method: 'POST', path: '/containers/create?name=plain', body: BUSYBOX });
    const again = await t.quiet({ path: '/containers/plain/json' });
    t.names.add((JSON.parse(again.body.toString()) as { Id: string }).Id, 'plain');
    await t.call('name taken', { method: 'POST', path: '/containers/create?name=plain', body: BUSYBOX });
    await t.call('name taken, with a slash', { method: 'POST', path: '/containers/create?name=/plain', body: BUSYBOX });
    await forget(t, first);
    for (const [name, body] of Object.entries(ACCEPTED)) {
      await forget(t, await t.call(name, { method: 'POST', path: '/containers/create', body }));
    }
  },
};

const ACCEPTED: Record<string, object> = {
  'a command as a string': { Image: 'busybox', Cmd: 'echo hi' },
  'an entrypoint as a string': { Image: 'busybox', Entrypoint: 'echo' },
  'memory without swap': { ...BUSYBOX, HostConfig: { Memory: 1 << 26 } },
  'memory and swap': { ...BUSYBOX, HostConfig: { Memory: 1 << 26, MemorySwap: -1 } },
  'a stop signal by number': { ...BUSYBOX, StopSignal: '9' },
  'a volume': { ...BUSYBOX, Volumes: { '/data': {} } },
  'unknown fields': { ...BUSYBOX, Odd: 1, HostConfig: { Odd: 2 } },
  'lower case fields': { image: 'busybox', cmd: ['true'] },
};
