/** kill -9 of `image build` at ten points, one build after the other: the image that is there stays whole, and the next build ends well. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { killPoints, runAndKill } from '../support/killed-commands.ts';
import { ServerStore } from '../support/server-store.ts';

const store = new ServerStore();
const BUILD = store.program(['image', 'build']);
const images = () => store.must('image', 'ls');

it('goes on where it was killed, and leaves nothing behind', async () => {
  const first = await runAndKill(BUILD); // fetches the packages
  expect(first.code, first.output).toBe(0);
  const before = await images();
  const whole = await runAndKill(BUILD);
  expect(whole.code, whole.output).toBe(0);
  for (const point of killPoints(10)) {
    const killed = await runAndKill(BUILD, point * whole.milliseconds);
    const story = `killed at ${point.toFixed(3)} of ${Math.round(whole.milliseconds)} ms:\n${killed.output}`;
    if (killed.signal === null) expect(killed.code, story).toBe(0);
    expect(await images(), story).toBe(before);
    await expect
      .poll(() => spawnSync('pgrep', ['-fa', store.path], { encoding: 'utf8' }).stdout, { message: story, timeout: 60_000 })
      .toBe('');
  }
  const last = await runAndKill(BUILD);
  expect(last.code, last.output).toBe(0);
  expect(await images()).toBe(before);
  expect(readdirSync(join(store.path, 'images')).length).toBe(2); // the image, and which one is in use
  expect(JSON.parse(await store.must('gc', '--json'))).toEqual([]);
}, 1_200_000);
