/** What containers of a QEMU machine publish, and its engine's socket, on this computer. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isFree } from '../../drivers/qemu/src/ports.ts';
import { processesIn, qemuIn, supervisorsIn, until } from '../integration/supervisor/tiny-vm.ts';
import { askTcp, askUdp, echoContainer } from './echo.ts';
import { type TestRegistry, testRegistry } from './registry.ts';
import { TestStore } from './store.ts';

let registry: TestRegistry;
let store: TestStore;
let dir: string;
let env: NodeJS.ProcessEnv;

const docker = async (...words: string[]) => {
  const { code, stdout, stderr } = await store.withEnv(env, ...words);
  if (code !== 0) throw new Error(`docker ${words.join(' ')}: exit code ${code}\n${stdout}${stderr}`);
  return stdout;
};
/** Starts an echo container and waits until it listens. */
const echo = async (name: string, ...publish: string[]) => {
  await docker(...echoContainer(name, ...publish));
  await until(async () => (await docker('logs', name)).includes('listening'));
};
const listed = async (): Promise<{ port: number; protocol: string; addresses: string[]; reason?: string }[]> =>
  JSON.parse(await store.must('ports', '--json', 'vm')).ports;
const answers = (port: number, host?: string) =>
  askTcp(port, 'hello', host).then(
    (text) => text === 'hello',
    () => false,
  );
const signalTo = (processes: readonly { pid: number }[], signal: NodeJS.Signals) => {
  expect(processes.length).toBeGreaterThan(0);
  for (const { pid } of processes) process.kill(pid, signal);
};

beforeAll(async () => {
  registry = await testRegistry(['busybox']);
  store = new TestStore(registry.mirrorUrl);
  await store.must('create', 'vm');
  dir = join(store.path, 'machines', 'vm');
  env = await store.dockerEnv('vm');
  await docker('pull', '-q', 'busybox');
});

afterAll(async () => {
  await store?.close();
  await registry?.stop();
});

describe('published ports of a QEMU machine', () => {
  it('answer on this computer, tcp and udp, and go with their container', async () => {
    await echo('web', '18100:7', '18100:7/udp', '127.0.0.1:18101:7');
    await until(() => answers(18100));
    expect(await askTcp(18100, 'half-closed')).toBe('half-closed');
    expect(await askTcp(18100, 'by name', '::1')).toBe('by name');
    expect(await askTcp(18101, 'on the loopback')).toBe('on the loopback');
    const large = 'x'.repeat(1 << 20);
    expect(await askTcp(18100, large)).toBe(large);
    expect(await askUdp(18100, 'a datagram')).toBe('a datagram');
    expect(await Promise.all(['a', 'b', 'c'].map((text) => askUdp(18100, text)))).toEqual(['a', 'b', 'c']);
    expect(await listed()).toEqual([
      { port: 18100, protocol: 'tcp', addresses: ['127.0.0.1', '::1'] },
      { port: 18101, protocol: 'tcp', addresses: ['127.0.0.1', '::1'] },
      { port: 18100, protocol: 'udp', addresses: ['127.0.0.1'] },
    ]);
    await docker('rm', '-f', 'web');
    await until(async () => (await isFree(18100)) && (await isFree(18101)));
    expect(await listed()).toEqual([]);
  });

  it('that others have are named, and come here when they are free', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(18110, '127.0.0.1', () => resolve()));
    await echo('late', '18110:7', '18111:7');
    await until(() => answers(18111));
    expect((await listed())[0]).toEqual({ port: 18110, protocol: 'tcp', addresses: [], reason: 'taken by another program or machine' });
    expect(await store.must('ports', 'vm')).toMatch(/^18110\/tcp +- +taken by another program or machine$/m);
    other.close();
    await until(() => answers(18110));
    await docker('rm', '-f', 'late');
  });

  it('go on while no supervisor lives; the next one mends what changed', async () => {
    await echo('stays', '18120:7');
    await echo('goes', '18121:7');
    await until(async () => (await answers(18120)) && (await answers(18121)));
    signalTo(supervisorsIn(dir), 'SIGKILL');
    await until(() => supervisorsIn(dir).length === 0);
    expect(await answers(18120)).toBe(true);
    await docker('rm', '-f', 'goes');
    await echo('comes', '18122:7');
    await store.must('status', 'vm');
    await until(async () => (await answers(18122)) && (await answers(18120, '::1')) && (await isFree(18121)));
    await docker('rm', '-f', 'stays', 'comes');
    await until(() => isFree(18120));
  });

  it('follow an engine that was restarted', async () => {
    const [run, detached, ...words] = echoContainer('before', '18130:7');
    await docker(run ?? '', detached ?? '', '--restart', 'always', ...words);
    await until(() => answers(18130));
    await store.must('ssh', 'vm', 'sudo /etc/init.d/docker restart');
    await until(() => answers(18130));
    await echo('after', '18131:7');
    await until(() => answers(18131));
    await docker('rm', '-f', 'before', 'after');
    await until(async () => (await isFree(18130)) && (await isFree(18131)));
  });

  it('come back with a computer that slept, and with a guest whose clock jumped', async () => {
    await echo('sleeper', '18140:7');
    await until(() => answers(18140));
    const asleep = [...supervisorsIn(dir), ...qemuIn(dir)];
    signalTo(asleep, 'SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    signalTo(asleep, 'SIGCONT');
    await until(() => answers(18140));
    signalTo(supervisorsIn(dir), 'SIGKILL');
    await until(() => supervisorsIn(dir).length === 0);
    await monitor('stop');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await monitor('cont');
    await store.must('ssh', 'vm', 'sudo date -s "2031-01-01 00:00:00"');
    await until(async () => Math.abs(Number((await store.cli('ssh', 'vm', 'date +%s')).stdout) - Date.now() / 1000) < 5);
    await echo('awake', '18141:7');
    await until(async () => (await answers(18140)) && (await answers(18141)));
    await docker('rm', '-f', 'sleeper', 'awake');
  });

  it('are led here up to a thousand; the others are named', async () => {
    await docker('run', '-d', '--name', 'many', '-p', '12000-13049:12000-13049', 'busybox', 'sleep', '1000');
    await until(async () => (await listed()).filter(({ addresses }) => addresses.length > 0).length === 1000);
    const left = (await listed()).filter(({ reason }) => reason !== undefined);
    expect(left).toHaveLength(50);
    expect(left[0]?.reason).toBe('more than 1000 ports of a machine are not led here');
    expect(await isFree(12500)).toBe(false);
    await docker('rm', '-f', 'many');
    await until(async () => (await isFree(12000)) && (await isFree(12999)));
  });
});

describe("a QEMU machine's docker.sock on this computer", () => {
  const bySocket = async (input: string, ...words: string[]): Promise<string> => {
    const address = (await store.must('ports', '--socket', 'vm')).trim();
    return new Promise((resolve, reject) => {
      const child = execFile(store.docker, ['-H', address, ...words], { env: store.env }, (error, stdout, stderr) =>
        error ? reject(new Error(stderr, { cause: error })) : resolve(stdout),
      );
      child.stdin?.end(input);
    });
  };

  it('is there for its owner alone, and carries what docker does, with the end of the input', async () => {
    expect(statSync(join(dir, 'docker.sock')).mode & 0o777).toBe(0o600);
    expect(await bySocket('', 'version', '-f', '{{.Server.Os}}')).toBe('linux\n');
    expect(await bySocket('one\ntwo\n', 'run', '-i', '--rm', 'busybox', 'wc', '-l')).toBe('2\n');
    await docker('run', '-d', '--name', 'lines', 'busybox', 'sh', '-c', 'echo first; sleep 1; echo second');
    expect(await bySocket('', 'logs', '-f', 'lines')).toBe('first\nsecond\n');
    await docker('rm', '-f', 'lines');
    const many = await Promise.all(Array.from({ length: 8 }, (_, at) => bySocket(`${at}`, 'run', '-i', '--rm', 'busybox', 'cat')));
    expect(many).toEqual(['0', '1', '2', '3', '4', '5', '6', '7']);
  });

  it('goes on, as the ports do, while the certificates and then the CA change', async () => {
    await echo('steady', '18160:7');
    await until(() => answers(18160));
    const supervisors = supervisorsIn(dir);
    for (const flags of [[], ['--client-certs']]) {
      await store.must('regenerate-certs', '-f', ...flags, 'vm');
      expect(await answers(18160)).toBe(true);
      expect(await bySocket('', 'ps', '-q', '-f', 'name=steady')).not.toBe('');
    }
    await echo('fresh', '18161:7'); // the engine's events come over a connection with the new pair
    await until(() => answers(18161));
    expect(supervisorsIn(dir)).toEqual(supervisors);
    await docker('rm', '-f', 'steady', 'fresh');
    await until(async () => (await isFree(18160)) && (await isFree(18161)));
  });

  it('is gone with the machine, and so are all ports', async () => {
    await echo('last', '18150:7');
    await until(() => answers(18150));
    await store.must('stop', 'vm');
    await until(() => processesIn(dir).length === 0);
    expect(await isFree(18150)).toBe(true);
    expect(existsSync(join(dir, 'docker.sock'))).toBe(false);
    expect(await store.cli('ports', 'vm')).toMatchObject({ code: 1, stderr: expect.stringContaining('Host is not running') });
  });
});

describe('a machine of somebody without rights, whose path is too long for a socket', () => {
  const name = 'm'.repeat(63);
  /** Root may have every port; this gives that right up for the command and what it starts. */
  const unprivileged = process.getuid?.() === 0 ? ['setpriv', '--bounding-set=-net_bind_service', '--inh-caps=-net_bind_service'] : ['env'];
  const portsNow = async () => JSON.parse(await store.must('ports', '--json', name)) as { ports: { port: number; reason?: string }[] };

  beforeAll(async () => {
    const { code, stderr } = await store.cliBy(unprivileged, 'create', '--qemu-forward', '0.0.0.0', name);
    expect(code, stderr).toBe(0);
  });

  it('has its ports on every address with --qemu-forward 0.0.0.0, and those below 1024 are named', async () => {
    const web = [
      'run',
      '-d',
      '--restart',
      'always',
      '-p',
      '18170:7',
      '-p',
      '1007:7',
      'busybox',
      'nc',
      '-ll',
      '-p',
      '7',
      '-e',
      'echo',
      'web',
    ];
    expect(await store.on(name, ...web)).toMatchObject({ code: 0 });
    await until(() =>
      askTcp(18170, '', '127.0.0.9').then(
        (said) => said === 'web\n',
        () => false,
      ),
    );
    expect((await portsNow()).ports).toEqual([
      { port: 1007, protocol: 'tcp', addresses: [], reason: 'ports below 1024 need more rights than this user has' },
      { port: 18170, protocol: 'tcp', addresses: ['0.0.0.0'] },
    ]);
  });

  it("has its engine's socket in a short place, for its owner alone", async () => {
    const address = (await store.must('ports', '--socket', name)).trim();
    const path = address.replace(/^unix:\/\//, '');
    expect(path.startsWith(store.path)).toBe(false);
    expect([statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(await store.withEnv(store.env, '-H', address, 'version', '-f', '{{.Server.Os}}')).toMatchObject({ code: 0, stdout: 'linux\n' });
  });

  it('leads nothing here with none', async () => {
    const config = store.file(name, 'config.json');
    writeFileSync(config, readFileSync(config, 'utf8').replace('"Forward": "0.0.0.0"', '"Forward": ""'), { mode: 0o600 }); // as none is stored
    await store.must('restart', name);
    await until(async () => (await store.on(name, 'ps', '-q')).stdout !== '');
    expect(await portsNow()).toMatchObject({ ports: [] });
    expect(await isFree(18170)).toBe(true);
    const path = (await store.must('ports', '--socket', name)).trim().replace(/^unix:\/\//, '');
    await store.must('rm', '-y', name);
    expect(existsSync(dirname(path))).toBe(false);
  });
});

/** One QMP command, while no supervisor is there. */
function monitor(command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(join(dir, 'qmp.sock'));
    let said = '';
    socket.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.split('"return"').length === 3) socket.destroy();
    });
    socket.once('error', reject).once('close', () => resolve());
    socket.write(`{"execute":"qmp_capabilities"}{"execute":"${command}"}\n`);
  });
}
