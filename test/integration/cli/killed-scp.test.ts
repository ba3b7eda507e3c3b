/** kill -9 of scp at five points of its run each way: the same again copies every byte, and nothing goes on at the other end. */
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { genericMachine } from '../../support/generic-machine.ts';
import { killPoints, runAndKill } from '../../support/killed-commands.ts';
import { ServerStore } from '../../support/server-store.ts';
import { startSshd, type TestSshd } from '../../support/sshd.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const folder = temporaryFolder();
const store = new ServerStore();
const tree = join(folder, 'tree');
const target = join(folder, 'target');
let sshd: TestSshd;

beforeAll(async () => {
  sshd = await startSshd([`Subsystem sftp /usr/lib/openssh/sftp-server -d ${folder}`]);
  genericMachine(store.path, 'm', sshd);
  mkdirSync(join(tree, 'a b/c'), { recursive: true });
  writeFileSync(join(tree, 'large'), randomBytes(8_000_000));
  for (let at = 0; at < 30; at++) writeFileSync(join(tree, 'a b/c', `file ${at}`), randomBytes(at * 1000));
});
afterAll(() => sshd?.stop());

describe.each([
  ['to a machine', ['scp', '-r', tree, `m:${target}`]],
  ['from a machine', ['scp', '-r', `m:${tree}`, target]],
])('%s', (_where, words) => {
  it('is finished by the same command', async () => {
    mkdirSync(target);
    const whole = await runAndKill(store.program(words));
    expect(whole.code, whole.output).toBe(0);
    for (const point of killPoints(5)) {
      rmSync(target, { recursive: true });
      mkdirSync(target);
      await runAndKill(store.program(words), point * whole.milliseconds);
      const again = await runAndKill(store.program(words));
      expect(again, `killed at ${point.toFixed(3)}`).toMatchObject({ code: 0, output: '' });
      execFileSync('diff', ['-r', tree, join(target, 'tree')]);
    }
    await expect.poll(() => spawnSync('pgrep', ['-fa', `sftp-server -d ${folder}`], { encoding: 'utf8' }).stdout).toBe('');
    rmSync(target, { recursive: true });
  });
});
