/**
 * `node test/bench/create.ts [rounds]`: how long `create` takes to a working `docker version`, and `stop` + `start`, with the
 * phases of the boots, so that the next second can be found. Needs a built dist/.
 */
import { TestStore } from '../e2e/store.ts';
import { bootPhases, median, seconds, spread, timed } from './machine.ts';

const rounds = Number(process.argv[2] ?? 10);
const store = new TestStore();
const times = new Map<string, number[]>();
const firstBoot = new Map<string, number[]>();
const secondBoot = new Map<string, number[]>();
const note = (table: Map<string, number[]>, name: string, value: number) => table.set(name, [...(table.get(name) ?? []), value]);

async function measure(name: string, work: () => Promise<unknown>): Promise<number> {
  const took = await timed(work);
  note(times, name, took);
  return took;
}

async function dockerVersion(): Promise<void> {
  const { code, stderr } = await store.on('bench', 'version');
  if (code !== 0) throw new Error(`docker version: ${stderr}`);
}

try {
  for (let round = 1; round <= rounds; round++) {
    const create = await measure('create', () => store.must('create', '--driver', 'qemu', 'bench'));
    const first = await measure('docker version after create (with `env`)', dockerVersion);
    note(times, 'create to docker version', create + first);
    for (const [name, at] of await bootPhases(store, 'bench')) note(firstBoot, name, at * 1000);
    const stop = await measure('stop', () => store.must('stop', 'bench'));
    const start = await measure('start', () => store.must('start', 'bench'));
    const again = await measure('docker version after start (with `env`)', dockerVersion);
    note(times, 'stop + start to docker version', stop + start + again);
    for (const [name, at] of await bootPhases(store, 'bench')) note(secondBoot, name, at * 1000);
    await measure('rm', () => store.must('rm', '-y', 'bench'));
    console.error(`round ${round}: create ${seconds(create + first)} s, stop + start ${seconds(stop + start + again)} s`);
  }
} finally {
  await store.close();
}

console.log(`\n| ${rounds} rounds | seconds, median (min–max) |\n|---|---|`);
for (const [name, values] of times) console.log(`| ${name} | ${spread(values)} |`);
console.log('\n| phase, seconds since the kernel started (medians) | first boot | second boot |\n|---|---|---|');
for (const [name, values] of firstBoot)
  console.log(`| ${name} | ${seconds(median(values))} | ${seconds(median(secondBoot.get(name) ?? []))} |`);
