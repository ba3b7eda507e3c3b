import { describe, expect, test } from 'vitest';
import { DetachKeys, parseDetachKeys } from '../../../src/engine/api/detach-keys.ts';
import { humanDuration } from '../../../src/engine/api/duration.ts';
import { frame } from '../../../src/engine/api/frames.ts';
import { timestamp } from '../../../src/engine/containers/clock.ts';
import { Container } from '../../../src/engine/containers/container.ts';
import { networkFiles } from '../../../src/engine/containers/files.ts';
import { commandLine, mergeImageConfig } from '../../../src/engine/containers/merge-image.ts';
import { Mutex } from '../../../src/engine/containers/mutex.ts';
import { checkPorts, portMap, wantedPorts } from '../../../src/engine/containers/ports.ts';
import { ContainerRegistry } from '../../../src/engine/containers/registry.ts';
import { readCreateRequest } from '../../../src/engine/containers/request.ts';
import { checkResources } from '../../../src/engine/containers/resources.ts';
import { parseSignal } from '../../../src/engine/containers/signals.ts';
import { type ContainerRecord, type HostConfig, never } from '../../../src/engine/containers/types.ts';
import { startFailure } from '../../../src/engine/runtime/start-error.ts';
import { LaunchFailure } from '../../../src/engine/runtime/task.ts';

function record(id: string, name: string): ContainerRecord {
  return {
    formatVersion: 1,
    id,
    name: `/${name}`,
    created: timestamp(),
    imageId: '',
    config: {},
    hostConfig: {},
    endpoints: {},
    mounts: [],
    state: { status: 'created', pid: 0, exitCode: 0, error: '', oomKilled: false, startedAt: never, finishedAt: never },
    restartCount: 0,
    stoppedByUser: false,
  };
}

describe('finding containers', () => {
  const registry = new ContainerRegistry();
  for (const [id, name] of [
    ['aa11', 'one'],
    ['aa22', 'two'],
    ['bb33', 'aa1'],
  ] as const)
    registry.add(new Container(record(id, registry.reserveName(name, id))));

  test('by id, name, slash and name, prefix; a name goes before a prefix', () => {
    expect(['aa11', 'one', '/one', 'aa11'].map((reference) => registry.get(reference).id)).toEqual(['aa11', 'aa11', 'aa11', 'aa11']);
    expect(registry.get('aa2').id).toBe('aa22');
    expect(registry.get('aa1').id).toBe('bb33');
  });

  test('an ambiguous prefix and an unknown one', () => {
    expect(() => registry.get('aa')).toThrowError(
      expect.objectContaining({ status: 400, message: 'multiple IDs found with provided prefix: aa' }),
    );
    expect(() => registry.get('zz')).toThrowError(expect.objectContaining({ status: 404, message: 'No such container: zz' }));
    expect(() => registry.get('')).toThrow('No such container: ');
  });

  test('names are checked, taken once, and free again', () => {
    expect(() => registry.reserveName('-x', 'cc')).toThrow('Invalid container name (-x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed');
    expect(() => registry.reserveName('/one', 'cc')).toThrowError(
      expect.objectContaining({
        status: 409,
        message: expect.stringContaining('The container name "/one" is already in use by container "aa11"'),
      }),
    );
    expect(registry.reserveName('', 'cc')).toMatch(/^[a-z]+_[a-z]+$/);
    registry.remove(registry.get('one'));
    expect(registry.reserveName('one', 'cc')).toBe('one');
  });
});

describe('a container made of an image', () => {
  const image = {
    Env: ['PATH=/bin', 'A=image'],
    Entrypoint: ['/entry'],
    Cmd: ['default'],
    WorkingDir: '/w',
    User: 'u',
    Labels: { from: 'image', both: 'image' },
    Volumes: { '/v': {} },
    ExposedPorts: { '80/tcp': {} },
  };

  test('takes what it does not say itself', () => {
    const merged = mergeImageConfig({ Env: ['A=own', 'B'], Labels: { both: 'own' }, ExposedPorts: { '81/tcp': {} } }, image);
    expect(merged).toMatchObject({ Env: ['A=own', 'B', 'PATH=/bin'], WorkingDir: '/w', User: 'u', Labels: { from: 'image', both: 'own' } });
    expect(Object.keys(merged.ExposedPorts ?? {})).toEqual(['80/tcp', '81/tcp']);
    expect(commandLine(merged)).toEqual(['/entry', 'default']);
  });

  test.each([
    [{ Cmd: ['own'] }, ['/entry', 'own']],
    [{ Entrypoint: ['/mine'] }, ['/mine']],
    [{ Entrypoint: ['/mine'], Cmd: ['own'] }, ['/mine', 'own']],
    [{ Entrypoint: [''], Cmd: ['own'] }, ['own']],
    [{ Entrypoint: [], Cmd: ['own'] }, ['own']],
  ])('%j runs %j', (own, words) => expect(commandLine(mergeImageConfig(own, image))).toEqual(words));
});

describe('a create request', () => {
  test('is read whatever the case of its names; one string stands for a list', () => {
    const { config, hostConfig } = readCreateRequest({
      image: 'i',
      CMD: 'echo',
      HostConfig: { networkMode: 'none' },
      NetworkingConfig: null,
    });
    expect(config).toMatchObject({ Image: 'i', Cmd: ['echo'] });
    expect(hostConfig.NetworkMode).toBe('none');
  });

  test.each([
    [{}, 'config cannot be empty in order to create a container'],
    [{ Tty: 'x' }, 'cannot unmarshal string into Go struct field .Tty of type bool'],
    [{ Env: 'x' }, 'cannot unmarshal string into Go struct field .Env of type []string'],
    [{ Cmd: 5 }, 'cannot unmarshal number into Go value of type string'],
    [{ HostConfig: [] }, 'cannot unmarshal array into Go struct field CreateRequest.HostConfig'],
    [{ HostConfig: { Memory: 1.5 } }, 'cannot unmarshal number into Go struct field CreateRequest.HostConfig.Memory of type int64'],
  ])('%j is refused', (body, message) => expect(() => readCreateRequest(body)).toThrow(message));
});

describe('limits', () => {
  const all = new Set(['memory', 'cpu', 'cpuset', 'pids']);

  test.each<[HostConfig, string]>([
    [{ Memory: 1024 }, 'Minimum memory limit allowed is 6MB'],
    [{ MemorySwap: 1 << 26 }, 'You should always set the Memory limit when using Memoryswap limit, see usage'],
    [{ Memory: 1 << 26, MemorySwap: 1 << 25 }, 'Minimum memoryswap limit should be larger than memory limit, see usage'],
    [{ NanoCpus: 1e9, CpuQuota: 5000 }, 'Conflicting options: Nano CPUs and CPU Quota cannot both be set'],
    [{ NanoCpus: 1e15 }, 'range of CPUs is from 0.01 to'],
    [{ CpuPeriod: 5 }, 'CPU cfs period can not be less than 1ms'],
  ])('%j is refused', (host, message) => expect(() => checkResources(host, all)).toThrow(message));

  test('that the kernel cannot hold are dropped and said', () => {
    const host: HostConfig = { Memory: 1 << 26, PidsLimit: 5, CpuShares: 3, CpusetCpus: '0' };
    expect(checkResources(host, new Set())).toHaveLength(4);
    expect(host).toMatchObject({ Memory: 0, PidsLimit: null, CpuShares: 0, CpusetCpus: '' });
    expect(checkResources({ Memory: 1 << 26, PidsLimit: 5, NanoCpus: 5e8 }, all)).toEqual([]);
  });
});

describe('published ports', () => {
  test('only exposed ones, where the engine says unless the user does', () => {
    const host: HostConfig = {
      PortBindings: { '80': [{ HostPort: '8080' }], '81/udp': [{ HostIp: '127.0.0.1' }], '82/tcp': [{ HostPort: '1' }] },
    };
    const config = { ExposedPorts: { '80/tcp': {}, '81/udp': {}, '83/tcp': {} } };
    expect(wantedPorts(config, host, '10.0.0.1')).toEqual([
      { containerPort: '80/tcp', hostIp: '10.0.0.1', hostPort: 8080 },
      { containerPort: '81/udp', hostIp: '127.0.0.1', hostPort: 0 },
    ]);
    expect(wantedPorts(config, { PublishAllPorts: true }, '')).toHaveLength(3);
    expect(portMap(config, undefined)).toEqual({});
  });

  test.each([
    ['x/tcp', [], '"x"'],
    ['99999/tcp', [], '"99999"'],
    ['80/odd', [], '"80/odd"'],
    ['80/tcp', [{ HostPort: 'y' }], '"y"'],
    ['80/tcp', [{ HostPort: '99999' }], '"99999"'],
  ])('%s %j is refused', (port, bindings, what) => {
    expect(() => checkPorts({ PortBindings: { [port]: bindings } })).toThrow(`invalid port specification: ${what}`);
  });
});

test.each([
  ['9', 9],
  ['kill', 9],
  ['SIGTERM', 15],
  ['RTMIN+3', 37],
  ['SIGRTMAX-1', 63],
])('signal %s is %d', (text, number) => expect(parseSignal(text)).toBe(number));

test.each(['ODD', '0', 'RTMIN+99', ''])('signal %j is refused', (text) =>
  expect(() => parseSignal(text)).toThrow(`invalid signal: ${text}`),
);

describe('keys that detach', () => {
  test('are found over several parts, and what only began like them goes on', () => {
    const keys = new DetachKeys(parseDetachKeys(''));
    expect(keys.take(Buffer.from('a\u0010'))).toEqual({ pass: Buffer.from('a'), detach: false });
    expect(keys.take(Buffer.from('b\u0010'))).toEqual({ pass: Buffer.from('\u0010b'), detach: false });
    expect(keys.take(Buffer.from('\u0011c'))).toEqual({ pass: Buffer.from(''), detach: true });
  });

  test('are read as Docker reads them', () => {
    expect([...parseDetachKeys('ctrl-a,b,ctrl-_,ctrl-@')]).toEqual([1, 98, 31, 0]);
    expect(() => parseDetachKeys('ctrl-5')).toThrow('Invalid detach keys (ctrl-5) provided');
  });
});

test('frames have a stream, three zeros and a length', () => {
  expect([...frame('stderr', Buffer.from('ab'))]).toEqual([2, 0, 0, 0, 0, 0, 0, 2, 97, 98]);
});

test.each([
  [900, 'Less than a second'],
  [1500, '1 second'],
  [59_000, '59 seconds'],
  [61_000, 'About a minute'],
  [3_000_000, '50 minutes'],
  [3_700_000, 'About an hour'],
  [7_300_000, '2 hours'],
  [3 * 86_400_000, '3 days'],
  [20 * 86_400_000, '2 weeks'],
  [100 * 86_400_000, '3 months'],
  [900 * 86_400_000, '2 years'],
])('%d ms are %s', (milliseconds, words) => expect(humanDuration(milliseconds)).toBe(words));

test('two times never are the same', () => {
  const times = Array.from({ length: 5000 }, timestamp);
  expect(new Set(times).size).toBe(5000);
  expect([...times].sort()).toEqual(times);
  expect(times[0]).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
});

test('a mutex runs one task after another, also after one that failed', async () => {
  const mutex = new Mutex();
  const order: number[] = [];
  const task = (number: number, fails = false) =>
    mutex.run(async () => {
      await new Promise((done) => setImmediate(done));
      order.push(number);
      if (fails) throw new Error('no');
    });
  await Promise.allSettled([task(1, true), task(2), task(3)]);
  expect(order).toEqual([1, 2, 3]);
});

describe('a start that failed', () => {
  const words = (message: string, command: string, kind: 'run' | 'exec' = 'run') => startFailure(new LaunchFailure(message), kind, command);

  test.each([
    ['executable file `x` not found in $PATH: No such file or directory', 'x', 127, 'exec: "x": executable file not found in $PATH'],
    ['cannot find `` in $PATH: No such file or directory', '', 127, 'exec: "": executable file not found in $PATH'],
    ['executable file `/x` not found: No such file or directory', '/x', 127, 'exec: "/x": stat /x: no such file or directory'],
    ['the path `/etc` is not a regular file: Operation not permitted', '/etc', 126, 'exec: "/etc": is a directory: permission denied'],
    ['open executable: Permission denied', '/etc/passwd', 126, 'exec: "/etc/passwd": permission denied'],
    [
      'the path `/etc/passwd` exists but it is not executable: Operation not permitted',
      '/etc/passwd',
      126,
      'exec: "/etc/passwd": permission denied',
    ],
  ])('%s', (message, command, exitCode, expected) => {
    const failure = words(message, command);
    expect(failure.exitCode).toBe(exitCode);
    expect(failure.error).toMatchObject({
      status: 400,
      message: expect.stringMatching(/^failed to create task for container: .* error during container init: /),
    });
    expect(failure.error.message.endsWith(expected)).toBe(true);
  });

  test('does not blame the command for what the cgroups of the host refused', () => {
    const failure = words('opening file `/sys/fs/cgroup/./cgroup.type` for writing: Permission denied', '/hello');
    expect(failure).toMatchObject({ exitCode: 128, error: { status: 500 } });
    expect(failure.error.message).toMatch(/unable to apply cgroup configuration: .*cgroup\.type.* Permission denied$/);
  });

  test('in an exec has a shorter prefix; what is unknown is 128 and a server error', () => {
    expect(words('executable file `x` not found in $PATH', 'x', 'exec').error.message).toBe(
      'OCI runtime exec failed: exec failed: unable to start container process: exec: "x": executable file not found in $PATH',
    );
    expect(words('odd', 'x')).toMatchObject({ exitCode: 128, error: { status: 500 } });
  });
});

test('the files of the network name the container, its neighbours and its name servers', () => {
  const endpoint = {
    netns: '',
    ipAddress: '172.17.0.9',
    prefixLength: 16,
    gateway: '172.17.0.1',
    macAddress: '',
    networkId: '',
    endpointId: '',
    ports: [],
  };
  const files = networkFiles(
    { Hostname: 'box', Domainname: 'example.org' },
    { ExtraHosts: ['a:1.2.3.4', 'gate:host-gateway'], Dns: ['9.9.9.9'], DnsSearch: ['example.org'] },
    endpoint,
    { servers: [], search: [], options: [] },
    '172.17.0.1',
  );
  expect(files.hostname).toBe('box\n');
  expect(files.hosts.split('\n').slice(-4)).toEqual(['1.2.3.4\ta', '172.17.0.1\tgate', '172.17.0.9\tbox.example.org box', '']);
  expect(files.resolvConf).toContain('\nnameserver 9.9.9.9\nsearch example.org\n');
});
