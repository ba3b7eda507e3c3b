/**
 * `node test/bench/boots.ts [boots]`: boots one machine again and again, half of the times after pulling its plug, and asks its
 * engine for its version each time. Needs a built dist/. Exits with 1 unless every boot was answered.
 */
import { TestStore } from '../e2e/store.ts';
import { engineVersion, spread, timed } from './machine.ts';

const boots = Number(process.argv[2] ?? 50);
const store = new TestStore();
const times: number[] = [];
let answered = 0;

try {
  const first = await timed(() => store.must('create', '--driver', 'qemu', 'boots'));
  console.error(`created in ${(first / 1000).toFixed(2)} s, engine ${await engineVersion(store, 'boots')}`);
  for (let boot = 1; boot <= boots; boot++) {
    await store.must(boot % 2 === 0 ? 'kill' : 'stop', 'boots');
    try {
      times.push(await timed(() => store.must('start', 'boots')));
      await engineVersion(store, 'boots');
      answered += 1;
      console.error(`boot ${boot}: ${((times.at(-1) ?? 0) / 1000).toFixed(2)} s`);
    } catch (error) {
      console.error(`boot ${boot}: ${error instanceof Error ? error.message : error}`);
    }
  }
} finally {
  await store.close();
}

console.log(`${boots} boots in a row, ${answered} answers; start to an answering engine: ${spread(times)} s`);
process.exitCode = answered === boots ? 0 : 1;
