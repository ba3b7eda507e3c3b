/** Files, ports and a context of a real machine on this computer. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestRegistry, testRegistry } from './registry.ts';
import { LAUNCHER, ROOT, TestStore } from './store.ts';

const folder = mkdtempSync(join(tmpdir(), 'tsm-files-'));
let store: TestStore;
let registry: TestRegistry;

beforeAll(async () => {
  registry = await testRegistry(['busybox']);
  store = new TestStore(registry.mirrorUrl);
  process.env.DOCKER_CONFIG = join(folder, 'docker');
  await store.must('create', '-d', 'qemu', '--context', 'vm');
});

afterAll(async () => {
  await store?.close();
  await registry?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a machine of our image', () => {
  it('takes files and gives them back', async () => {
    const data = randomBytes(2_000_000);
    writeFileSync(join(folder, 'data'), data);
    await store.must('scp', join(folder, 'data'), "vm:it's data");
    await store.must('scp', "vm:it's data", join(folder, 'back'));
    expect(readFileSync(join(folder, 'back')).equals(data)).toBe(true);
    expect((await store.cli('ssh', 'vm', 'rm', '-v', '"it\'s data"')).stdout).toContain("it's data");
  });

  it('takes what changed of a folder through rsync', async () => {
    const source = join(folder, 'a folder');
    mkdirSync(source);
    writeFileSync(join(source, 'one'), 'first');
    await store.must('scp', '-r', '-d', source, 'vm:');
    writeFileSync(join(source, 'two'), 'second');
    await store.must('scp', '-r', '-d', source, 'vm:');
    expect((await store.cli('ssh', 'vm', "cat 'a folder/one' 'a folder/two'")).stdout).toBe('firstsecond');
  });

  it('has a folder mounted here', async () => {
    const here = join(folder, 'mounted');
    mkdirSync(here);
    await store.must('mount', 'vm:/home/docker', here);
    try {
      writeFileSync(join(here, 'written'), 'here');
      expect((await store.cli('ssh', 'vm', 'cat', 'written')).stdout).toBe('here');
    } finally {
      await store.must('mount', '-u', 'vm:/home/docker', here);
    }
    expect(existsSync(join(here, 'written'))).toBe(false);
  });

  it('is reached through its context, which goes with it', async () => {
    const version = await store.withEnv(store.env, '--context', 'vm', 'version', '-f', '{{.Server.Version}}');
    expect(version).toMatchObject({ code: 0, stderr: '' });
  });
});

/** What a port says; the program in the container may need a moment until it listens. */
async function answerOf(port: number, host: string): Promise<string> {
  for (let tries = 0; ; tries++) {
    const said = await text(connect(port, host));
    if (said !== '' || tries === 100) return said;
    await delay(100);
  }
}

describe('forward', () => {
  let child: ChildProcess;
  let said = '';
  const socket = join(folder, 'engine.sock');
  const until = async (pattern: RegExp) => {
    for (let tries = 0; tries < 300; tries++) {
      if (pattern.test(said)) return;
      await delay(100);
    }
    throw new Error(`expected ${pattern}, found ${said}`);
  };
  const viaSocket = (...words: string[]) => store.withEnv(store.env, '-H', `unix://${socket}`, ...words);

  beforeAll(() => {
    child = spawn('node', [LAUNCHER, 'forward', '--bind', '127.0.0.2', '--socket', socket, 'vm'], { env: store.env, cwd: ROOT });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (said += chunk));
  });
  afterAll(() => void child.kill('SIGKILL'));

  it("gives the engine's socket", async () => {
    await until(/engine\.sock -> \/var\/run\/docker\.sock/);
    expect(await viaSocket('version', '-f', '{{.Server.Os}}')).toMatchObject({ code: 0, stdout: 'linux\n' });
  });

  it('opens a published port with its container and closes it with it', async () => {
    const started = await viaSocket(
      'run',
      '-d',
      '--name',
      'web',
      '-p',
      '18080:7',
      'busybox',
      'nc',
      '-ll',
      '-p',
      '7',
      '-e',
      'echo',
      'from the container',
    );
    expect(started).toMatchObject({ code: 0 });
    await until(/127\.0\.0\.2:18080 -> 127\.0\.0\.1:18080/);
    expect(await answerOf(18080, '127.0.0.2')).toBe('from the container\n');
    await viaSocket('rm', '-f', 'web');
    await until(/127\.0\.0\.2:18080 closed/);
  });

  it('recovers when the connection is cut', async () => {
    await store.cli('ssh', 'vm', 'sudo', 'killall', 'dropbear'); // its own connection too
    await until(/the SSH connection broke/);
    await until(/the SSH connection is there again/);
    expect(await viaSocket('version', '-f', '{{.Server.Os}}')).toMatchObject({ code: 0, stdout: 'linux\n' });
  });

  it('ends with Ctrl-C and leaves nothing', async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(existsSync(socket)).toBe(false);
  });
});
