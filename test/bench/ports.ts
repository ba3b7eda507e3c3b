/**
 * `node test/bench/ports.ts [rounds]`: how soon a published port of a QEMU machine answers on this computer after `docker run -d`
 * returned, and how soon it is free after `docker rm -f` returned. Needs a built dist/.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { systemCode } from '../../src/core/errors.ts';
import { askTcp } from '../e2e/echo.ts';
import { testRegistry } from '../e2e/registry.ts';
import { TestStore } from '../e2e/store.ts';
import { spread, timed } from './machine.ts';

const rounds = Number(process.argv[2] ?? 10);
const PORT = 18_190;
const registry = await testRegistry(['busybox']);
const store = new TestStore(registry.mirrorUrl);

const untilTrue = async (truth: () => Promise<boolean>) => {
  while (!(await truth())) await delay(5);
};
const answers = () =>
  askTcp(PORT, 'x').then(
    (text) => text === 'x',
    () => false,
  );

const refused = () =>
  askTcp(PORT, 'x').then(
    () => false,
    (error: unknown) => systemCode(error) === 'ECONNREFUSED',
  );

try {
  await store.must('create', '--driver', 'qemu', 'ports');
  const env = await store.dockerEnv('ports');
  await store.withEnv(env, 'pull', '-q', 'busybox');
  const opened: number[] = [];
  const closed: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const serve = ['run', '-d', '--name', 'web', '-p', `${PORT}:7`, 'busybox', 'nc', '-ll', '-p', '7', '-e', 'cat'];
    const { code, stderr } = await store.withEnv(env, ...serve);
    if (code !== 0) throw new Error(stderr);
    opened.push(await timed(() => untilTrue(answers)));
    await store.withEnv(env, 'rm', '-f', 'web');
    closed.push(await timed(() => untilTrue(refused)));
  }
  console.log('| seconds after docker returned | median (min–max) |\n|---|---|');
  console.log(`| \`run -d -p\`: the port answers on localhost | ${spread(opened)} |`);
  console.log(`| \`rm -f\`: the port is free | ${spread(closed)} |`);
} finally {
  await store.close();
  await registry.stop();
}
