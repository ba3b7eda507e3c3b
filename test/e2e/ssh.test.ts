/** `ssh`, the terminal's steps and the image commands on a real machine. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT, TestStore } from './store.ts';
import { Terminal } from './terminal.ts';

const LAUNCHER = join(ROOT, 'dist/bin/tsmachine.cjs');
let store: TestStore;

beforeAll(async () => {
  store = new TestStore();
});
afterAll(async () => {
  await store?.close();
});

function terminal(): Terminal {
  return new Terminal({ PATH: process.env.PATH, HOME: store.path, MACHINE_STORAGE_PATH: store.path, SHELL: '/bin/bash' }, ROOT);
}

async function ssh(words: readonly string[], input: Buffer) {
  const child = spawn('node', [LAUNCHER, 'ssh', 'vm', ...words], { env: store.env, cwd: ROOT });
  child.stdin.on('error', () => {}); // a command that does not read
  child.stdin.end(input);
  const code = new Promise((resolve) => child.once('close', resolve));
  const [stdout, stderr] = await Promise.all([buffer(child.stdout), text(child.stderr)]);
  return { code: await code, stdout, stderr };
}

const nothing = Buffer.alloc(0);

describe('create on a terminal', () => {
  it('shows steps with their times', async () => {
    const screen = terminal();
    try {
      screen.type(`node ${LAUNCHER} create vm; echo "exit code $?"`);
      await screen.expect(/exit code 0/, 300);
      const shown = screen.screen();
      expect(shown).toMatch(/✔ Make and start the machine \[\d+\.\d s\]/);
      expect(shown).toMatch(/› \(vm\) Using /);
      expect(shown).toMatch(/✔ Check the connection to the engine \[\d+\.\d s\]/);
      expect(shown).not.toContain('Creating machine...');
      expect(shown).toMatch(/To see how to connect your Docker Client .* env vm/);
    } finally {
      screen.close();
    }
  });
});

describe('ssh', () => {
  it('passes five million random bytes through untouched', async () => {
    const bytes = randomBytes(5_000_000);
    const { code, stdout, stderr } = await ssh(['cat'], bytes);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.equals(bytes)).toBe(true);
  });

  it('keeps stdout and stderr apart and gives the remote exit code', async () => {
    const { code, stdout, stderr } = await ssh(['echo', 'out;', 'echo', 'err', '>&2;', 'exit', '42'], nothing);
    expect({ code, stdout: stdout.toString(), stderr }).toEqual({ code: 42, stdout: 'out\n', stderr: 'err\n' });
    expect((await ssh(['kill', '-9', '$$'], nothing)).code).toBe(137);
    expect((await ssh(['no-such-program'], nothing)).code).toBe(127);
  });

  it('keeps every word for the machine, flags and help too', async () => {
    expect((await ssh(['echo', '--help', '-D', '-f'], nothing)).stdout.toString()).toBe('--help -D -f\n');
    expect((await ssh(['--', 'echo', '-n', 'x'], nothing)).stdout.toString()).toBe('x');
  });

  it('runs a shell without a terminal when there is none', async () => {
    const { code, stdout } = await ssh([], Buffer.from('tty; hostname; exit 5\n'));
    expect({ code, stdout: stdout.toString() }).toEqual({ code: 5, stdout: 'not a tty\nvm\n' });
  });

  it('does not wait for an input nobody ends', async () => {
    const child = spawn('node', [LAUNCHER, 'ssh', 'vm', 'echo', 'done'], { env: store.env, cwd: ROOT });
    expect(await text(child.stdout)).toBe('done\n');
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
  });

  it('is a terminal that follows its size and takes Ctrl-C for the machine', async () => {
    const screen = terminal();
    try {
      screen.type(`node ${LAUNCHER} ssh vm; echo "exit code $?"`);
      await screen.expect(/docker@vm:~\$ /);
      screen.type('stty size');
      await screen.expect(/50 200/);
      screen.resize(90, 30);
      await screen.expect(/\$ /);
      screen.type('sleep 0.5; stty size');
      await screen.expect(/30 90/);
      screen.type('sleep 1000 || echo interrupted');
      await new Promise((resolve) => setTimeout(resolve, 500));
      screen.key('C-c');
      screen.type('echo still $((40 + 2))');
      await screen.expect(/still 42/);
      screen.type('exit 9');
      await screen.expect(/exit code 9/);
      screen.type('stty -a | grep -o -w -e -\\\\?icanon');
      await screen.expect(/^icanon/m);
    } finally {
      screen.close();
    }
  });
});

describe('image', () => {
  const current = async () => /^(\S+) +\* /m.exec(await store.must('image', 'ls'))?.[1] ?? '';

  it('ls names the image the machine runs from, and rm refuses it', async () => {
    const [header, ...rows] = (await store.must('image', 'ls')).trimEnd().split('\n');
    expect(header?.split(/ {2,}/)).toEqual(['DIGEST', 'CURRENT', 'VERSION', 'SIZE', 'ERRORS']);
    for (const row of rows) expect(row).toMatch(/^[0-9a-f]{12} +[-*] +\d+\.\d+\.\d+ +\d+\.\d MB *$/);
    expect((await store.must('image', 'ls', '-q')).trimEnd().split('\n')).toEqual(rows.map((row) => row.slice(0, 12)));
    const digest = await current();
    expect(await store.cli('image', 'rm', digest)).toMatchObject({
      code: 1,
      stderr: `Error removing image "${digest}": boot image ${digest} is used by vm\n`,
    });
    expect(await store.cli('image', 'rm', 'ffffffffffff')).toMatchObject({ code: 1, stdout: '' });
  });

  it('goes when no machine needs it', async () => {
    await store.must('stop', 'vm');
    expect(await store.cli('ssh', 'vm', 'true')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^Error: Cannot run SSH command: Host "vm" is not running\nStart it with: .* start vm\n$/),
    });
    await store.must('rm', '-y', 'vm');
    const digest = await current();
    expect(await store.must('image', 'rm', digest)).toBe(`Successfully removed ${digest}\n`);
    expect(await store.must('image', 'ls', '-q')).not.toContain(digest);
  });
});
