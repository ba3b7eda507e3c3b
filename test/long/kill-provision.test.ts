/** kill -9 of what sets a server up over SSH, at points of its run; the same command again ends well, with one whole engine. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killPoints, runAndKill } from '../support/killed-commands.ts';
import { bootGuest, type Guest } from './support/guest.ts';
import { LAUNCHER, LongStore } from './support/store.ts';

const MACHINE = 'server';
const POINTS = 4;

let guest: Guest;
const store = new LongStore();
const program = (words: readonly string[]) => ({ file: process.execPath, words: [LAUNCHER, ...words], env: store.env, cwd: store.path });

beforeAll(async () => {
  guest = await bootGuest('debian-12');
});
afterAll(async () => {
  await guest?.dispose();
  await store.close();
});

async function killAndRepeat(words: readonly string[], milliseconds: number, point: number, done: RegExp): Promise<void> {
  const killed = await runAndKill(program(words), point * milliseconds);
  const again = await runAndKill(program(words));
  const story = `killed at ${point.toFixed(3)} of ${Math.round(milliseconds)} ms:\n${killed.output}\nagain:\n${again.output}`;
  if (again.code !== 0) expect(again.output, story).toMatch(done);
  expect(await store.onMachine(MACHINE, 'version', '--format', '{{.Server.Version}}'), story).toMatch(/^\d+\.\d+/);
  expect(await guest.must('pgrep -xc dockerd'), story).toBe('1');
}

describe('create', () => {
  it('goes on where it was killed', async () => {
    const whole = await runAndKill(program(store.createWords(guest, MACHINE, 'deploy')));
    expect(whole.code, whole.output).toBe(0);
    for (const point of killPoints(POINTS)) {
      await store.must('rm', '-f', MACHINE);
      await guest.dispose();
      guest = await bootGuest('debian-12');
      await killAndRepeat(store.createWords(guest, MACHINE, 'deploy'), whole.milliseconds, point, /already exists/);
    }
  }, 1_200_000);
});

describe.each(['provision', 'upgrade', 'regenerate-certs'])('%s', (command) => {
  it('ends well after it was killed', async () => {
    const words = [command, ...(command === 'regenerate-certs' ? ['-f'] : []), MACHINE];
    const whole = await runAndKill(program(words));
    expect(whole.code, whole.output).toBe(0);
    for (const point of killPoints(POINTS)) await killAndRepeat(words, whole.milliseconds, point, /^$/);
  }, 600_000);
});
