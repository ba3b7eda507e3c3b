import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import koffi from 'koffi';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { serviceManager } from '../../../src/engine/state/service-manager.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { RunningEngine, until } from './running-engine.ts';

const ROOT = resolve(import.meta.dirname, '../../..');
const dist = temporaryFolder();
const dockerd = join(dist, 'engine/dockerd.cjs');
const ends: (() => void)[] = [];

beforeAll(() => {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.mjs'), 'engine', dist]);
});

afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** An engine of its own folders in network and mount namespaces of its own, started by a service manager's command line. */
function start(folder: string, env: Record<string, string>, manager: string[], options: string[]): { pid: number; log: () => string } {
  const own = ['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'run'), '--pidfile', join(folder, 'pid')];
  const line = ['--kill-child', '-f', '-n', '-m', '--', ...manager, process.execPath, dockerd, ...own, ...options];
  const child = spawn('unshare', line, { env: { PATH: process.env.PATH ?? '', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (log += text));
  ends.push(() => child.kill('SIGKILL'));
  return { pid: child.pid ?? 0, log: () => log };
}

/** Asks from inside the engine's namespaces, as the socket may be of its network. */
function ask(pid: number, ...curl: string[]): string {
  const [inside] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
  return execFileSync('nsenter', [`--net=/proc/${inside}/ns/net`, 'curl', '-s', '-m', '20', ...curl], { encoding: 'utf8' });
}

describe('sockets the service manager passed', () => {
  test('are served, the unix one as such, and no process of the engine inherits them', async () => {
    const folder = temporaryFolder();
    const socket = join(folder, 'passed.sock');
    const engine = start(folder, {}, ['systemd-socket-activate', '-l', socket], ['-H', 'fd://']);
    await until(() => existsSync(socket), 'the socket');
    expect(ask(engine.pid, '--unix-socket', socket, 'http://d/_ping')).toBe('OK');
    expect(JSON.parse(ask(engine.pid, '--unix-socket', socket, 'http://d/v1.43/containers/json'))).toEqual([]);
    const pid = readFileSync(join(folder, 'pid'), 'utf8');
    const [shell = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ');
    const passed = readlinkSync(`/proc/${pid}/fd/3`);
    const inherited = readdirSync(`/proc/${shell}/fd`).map((fd) => readlinkSync(`/proc/${shell}/fd/${fd}`));
    expect(passed).toMatch(/^socket:/);
    expect(inherited).not.toContain(passed);
  });

  test('are taken where -H names the same path', async () => {
    const folder = temporaryFolder();
    const socket = join(folder, 'passed.sock');
    const engine = start(folder, {}, ['systemd-socket-activate', '-l', socket], ['-H', `unix://${folder}/./passed.sock`]);
    await until(() => existsSync(socket), 'the socket');
    const { ino } = statSync(socket);
    expect(ask(engine.pid, '--unix-socket', socket, 'http://d/_ping')).toBe('OK');
    expect(statSync(socket).ino).toBe(ino);
  });

  test('over a network are behind TLS where it is on', async () => {
    const folder = temporaryFolder();
    const key = ['-keyout', join(folder, 'key.pem'), '-out', join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=engine', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject, ...key], { stdio: 'pipe' });
    const files = ['--tlscacert', join(folder, 'cert.pem'), '--tlscert', join(folder, 'cert.pem'), '--tlskey', join(folder, 'key.pem')];
    const socket = join(folder, 'passed.sock');
    const manager = ['sh', '-c', 'ip link set lo up && exec "$@"', 'sh', 'systemd-socket-activate', '-l', socket, '-l', '127.0.0.1:2376'];
    const engine = start(folder, {}, manager, ['-H', 'fd://', '--tlsverify', ...files]);
    await until(() => existsSync(socket), 'the socket');
    expect(ask(engine.pid, '--unix-socket', socket, 'http://d/_ping')).toBe('OK');
    const client = ['--cacert', join(folder, 'cert.pem'), '--cert', join(folder, 'cert.pem'), '--key', join(folder, 'key.pem')];
    expect(ask(engine.pid, ...client, 'https://127.0.0.1:2376/_ping')).toBe('OK');
    expect(() => ask(engine.pid, '--cacert', join(folder, 'cert.pem'), 'https://127.0.0.1:2376/_ping')).toThrow();
    expect(() => ask(engine.pid, 'http://127.0.0.1:2376/_ping')).toThrow();
  });
});

test('the service manager is told when the engine is ready and when it stops', async () => {
  const folder = temporaryFolder();
  const path = join(folder, 'notify');
  const receive = datagrams(path);
  const engine = start(folder, { NOTIFY_SOCKET: path }, [], ['-H', `unix://${folder}/d.sock`]);
  await until(() => receive() === 'READY=1', 'READY=1');
  process.kill(Number(readFileSync(join(folder, 'pid'), 'utf8')), 'SIGTERM');
  await until(() => receive() === 'STOPPING=1', 'STOPPING=1');
  await until(() => !existsSync(join(folder, 'pid')), 'the end');
  expect(engine.log()).toContain('Daemon has completed initialization');
});

test('a service manager that listens on an abstract name is told too', async () => {
  const path = `@tsmachine-test-${process.pid}`;
  const receive = datagrams(path);
  const env = { NOTIFY_SOCKET: path };
  await serviceManager(env)('READY=1');
  expect([receive(), receive(), env]).toEqual(['READY=1', '', {}]);
});

/** Gives the next datagram each time it is asked; '' when there is none. */
function datagrams(path: string): () => string {
  const libc = koffi.load('libc.so.6');
  const address = Buffer.concat([Buffer.from([1, 0]), Buffer.from(path.startsWith('@') ? `\0${path.slice(1)}` : `${path}\0`)]);
  const fd = libc.func('int socket(int, int, int)')(1, 2 | 0o4000, 0) as number;
  expect(libc.func('int bind(int, void *, uint32)')(fd, address, address.length)).toBe(0);
  ends.push(() => libc.func('int close(int)')(fd));
  const data = Buffer.alloc(200);
  return () =>
    data.toString('utf8', 0, Math.max(0, libc.func('long recv(int, _Out_ void *, size_t, int)')(fd, data, data.length, 0) as number));
}

describe('with live-restore', () => {
  test('containers go on when the engine is stopped in order, and end when the host goes down', async () => {
    const engine = await RunningEngine.start(['--live-restore']);
    try {
      const id = await engine.run({ Cmd: ['sh', '-c', 'trap "exit 4" TERM; while :; do sleep 0.05; done'] });
      const { Pid } = (await engine.state(id)).State;
      const daemon = await engine.engine.sandbox.daemon();
      process.kill(daemon, 'SIGTERM');
      await until(() => !existsSync(`/proc/${daemon}`), 'the engine to be gone');
      await engine.restart();
      expect((await engine.state(id)).State).toMatchObject({ Status: 'running', Pid });
      const second = await engine.engine.sandbox.daemon();
      process.kill(second, 'SIGPWR');
      await until(() => !existsSync(`/proc/${second}`), 'the engine to be gone');
      await engine.restart();
      expect((await engine.state(id)).State).toMatchObject({ Status: 'exited', ExitCode: 4 });
    } finally {
      await engine.stop();
    }
  });
});
