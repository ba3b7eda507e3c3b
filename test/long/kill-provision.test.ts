/** kill -9 of what sets a server up over SSH, at ten points of its run; the same command again ends well, with one whole engine. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killPoints, runAndKill } from '../support/killed-commands.ts';
import { bootServer, type Server } from '../support/server.ts';
import { ServerStore } from '../support/server-store.ts';

const POINTS = 10;

let server: Server;
const store = new ServerStore();

beforeAll(async () => {
  server = await bootServer();
});
afterAll(() => server?.dispose());

async function killAndRepeat(words: readonly string[], milliseconds: number, point: number, done: RegExp): Promise<void> {
  const killed = await runAndKill(store.program(words), point * milliseconds);
  const again = await runAndKill(store.program(words));
  const story = `killed at ${point.toFixed(3)} of ${Math.round(milliseconds)} ms:\n${killed.output}\nagain:\n${again.output}`;
  if (again.code !== 0) expect(again.output, story).toMatch(done);
  expect(await store.must('ls', '-f', '{{.State}} {{.DockerVersion}} {{.Error}}'), story).toMatch(/^Running v\d+\.\d+\S* \n$/);
  expect(await server.must('pgrep -xc dockerd'), story).toBe('1');
  expect(await server.must('find / -xdev -name ".tsmachine.*"; dpkg --audit; ls /run/tsmachine'), story).toBe('');
}

describe('create', () => {
  it('goes on where it was killed', async () => {
    const whole = await runAndKill(store.program(store.createWords(server, 'm', 'deploy')));
    expect(whole.code, whole.output).toBe(0);
    for (const point of killPoints(POINTS)) {
      await store.must('rm', '-f', 'm');
      await server.dispose();
      server = await bootServer();
      await killAndRepeat(store.createWords(server, 'm', 'deploy'), whole.milliseconds, point, /already exists/);
    }
  }, 1_200_000);
});

describe.each(['provision', 'upgrade', 'regenerate-certs'])('%s', (command) => {
  it('ends well after it was killed', async () => {
    const words = [command, ...(command === 'regenerate-certs' ? ['-f'] : []), 'm'];
    const whole = await runAndKill(store.program(words));
    expect(whole.code, whole.output).toBe(0);
    for (const point of killPoints(POINTS)) await killAndRepeat(words, whole.milliseconds, point, /^$/);
  }, 600_000);
});
