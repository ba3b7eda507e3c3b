/** kill -9 of commands that change the store at many points of their run: the same again succeeds, and nothing is left over. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killPoints, runAndKill } from '../../support/killed-commands.ts';
import { BuiltCli } from './built-cli.ts';

let cli: BuiltCli;
beforeAll(() => {
  cli = new BuiltCli();
});
afterAll(() => cli?.remove());

const CREATE = ['create', '-d', 'none', '--url', 'tcp://127.0.0.1:9', 'mm'];
const program = (words: readonly string[]) => ({
  file: process.execPath,
  words: [cli.launcher, ...words],
  env: { ...cli.environment(), DOCKER_CONFIG: join(cli.folder, 'docker') },
  cwd: cli.folder,
});

/** Its words, whether the machine is there before and after, and what it says of work that is done already. */
const COMMANDS: [words: string[], points: number, before: boolean, after: boolean, done: RegExp][] = [
  [CREATE, 10, false, true, /already exists/],
  [['regenerate-certs', '-f', 'mm'], 5, true, true, /^$/],
  [['context', 'mm'], 3, true, true, /^$/],
  [['context', '--rm', 'mm'], 3, true, true, /^$/],
  [['rm', '-y', 'mm'], 10, true, false, /does not exist/],
];

async function bring(wanted: boolean): Promise<void> {
  const there = existsSync(join(cli.store, 'machines/mm'));
  if (there !== wanted) expect((await runAndKill(program(wanted ? CREATE : ['rm', '-f', 'mm']))).code).toBe(0);
}

describe.each(COMMANDS)('%j', (words, points, before, after, done) => {
  it('succeeds after it was killed at any point', async () => {
    await bring(before);
    const whole = await runAndKill(program(words));
    expect(whole.code, whole.output).toBe(0);
    for (const point of killPoints(points)) {
      await bring(before);
      const killed = await runAndKill(program(words), point * whole.milliseconds);
      const again = await runAndKill(program(words));
      const story = `killed at ${point.toFixed(3)} of ${Math.round(whole.milliseconds)} ms:\n${killed.output}\nagain:\n${again.output}`;
      if (again.code !== 0) expect(again.output, story).toMatch(done);
      expect(readdirSync(join(cli.store, 'machines')), story).toEqual(after ? ['mm'] : []);
      if (after) expect((await cli.run(['ls', '-f', '{{.Name}} {{.State}} {{.Error}}'])).stdout, story).toMatch(/^mm Running /);
    }
    expect(JSON.parse((await cli.run(['gc', '--json'])).stdout)).toEqual([]);
  });
});

describe('the first create of a store', () => {
  it('makes one whole authority after it was killed at any point', async () => {
    const whole = await runAndKill({ ...program(['--storage-path', join(cli.folder, 'first'), ...CREATE]) });
    expect(whole.code, whole.output).toBe(0);
    for (const [at, point] of killPoints(4).entries()) {
      const words = ['--storage-path', join(cli.folder, `store-${at}`), ...CREATE];
      await runAndKill(program(words), point * whole.milliseconds);
      const again = await runAndKill(program(words));
      if (again.code !== 0) expect(again.output).toMatch(/already exists/);
      const files = readdirSync(join(cli.folder, `store-${at}`, 'certs')).filter((name) => !name.includes('.tmp-'));
      expect(files.sort()).toEqual(['ca-key.pem', 'ca.pem', 'cert.pem', 'key.pem']);
    }
  });
});
