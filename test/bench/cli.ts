/**
 * How long the commands take that scripts call most, beside Node's own start. Rounds are interleaved, so that a busy moment
 * hits all alike. Run: node test/bench/cli.ts [rounds]
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { BuiltCli } from '../integration/cli/built-cli.ts';
import { startEngine } from '../integration/cli/tls-engine.ts';

const rounds = Number(process.argv[2] ?? 20);

interface Case {
  readonly name: string;
  /** Milliseconds of the Go program on 2 idle cores (DESIGN.md). */
  readonly dockerMachine?: number;
  readonly args: readonly string[];
  readonly store?: string;
}

const cli = new BuiltCli();
const folder = mkdtempSync(join(tmpdir(), 'tsmachine-bench-'));

/** Milliseconds from start to end of one run of Node. */
function timed({ args, store }: Case): Promise<number> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const env = { ...cli.environment({ ...(store ? { MACHINE_STORAGE_PATH: store } : {}) }) };
    const child = spawn(process.execPath, [...args], { env, stdio: 'ignore' });
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(performance.now() - started) : reject(new Error(`${args.join(' ')}: exit ${code}`)),
    );
  });
}

/** A store with this many machines whose engines answer. */
async function storeOf(machines: number): Promise<{ path: string; close(): Promise<void> }> {
  const path = join(folder, `store-${machines}`);
  const create = (name: string, url: string) => cli.run(['-s', path, 'create', '-d', 'none', '--url', url, name]);
  await create('first', 'tcp://127.0.0.1:9');
  const engine = await startEngine(path);
  await cli.run(['-s', path, 'rm', '-f', 'first']);
  for (let at = 1; at <= machines; at++) await create(`m${at}`, `tcp://127.0.0.1:${engine.port}`);
  return { path, close: () => engine.close() };
}

const median = (sorted: number[]) => sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;

const stores = [await storeOf(1), await storeOf(20), await storeOf(100)];
try {
  const [one, twenty, hundred] = stores.map((store) => store.path);
  const run = (store: string | undefined, ...words: string[]) => ({ args: [cli.launcher, ...words], ...(store ? { store } : {}) });
  const cases: Case[] = [
    { name: '`node -e 0` (Node alone)', args: ['-e', '0'] },
    { name: '`--version`', dockerMachine: 10, ...run(one, '--version') },
    { name: '`config m1`', dockerMachine: 30, ...run(one, 'config', 'm1') },
    { name: '`env m1`', dockerMachine: 34, ...run(one, 'env', 'm1') },
    { name: '`url m1`', ...run(one, 'url', 'm1') },
    { name: '`status m1`', ...run(one, 'status', 'm1') },
    { name: '`inspect m1` (through oclif)', ...run(one, 'inspect', 'm1') },
    { name: '`ls`, 1 machine', dockerMachine: 73, ...run(one, 'ls') },
    { name: '`ls`, 20 machines', dockerMachine: 535, ...run(twenty, 'ls') },
    { name: '`ls`, 100 machines', dockerMachine: 1978, ...run(hundred, 'ls') },
    { name: '`ls -q`, 1 machine', dockerMachine: 22, ...run(one, 'ls', '-q') },
    { name: '`ls -q`, 100 machines', dockerMachine: 1016, ...run(hundred, 'ls', '-q') },
  ];
  const times = cases.map((): number[] => []);
  for (const item of cases) await timed(item); // warm: file cache and compile cache
  for (let round = 0; round < rounds; round++) for (const [at, item] of cases.entries()) times[at]?.push(await timed(item));
  console.log(`${rounds} rounds, Node ${process.version}, ${cpus().length} cores, milliseconds\n`);
  console.log('| command | min | median | docker-machine (median) | ratio |\n|---|---|---|---|---|');
  for (const [at, { name, dockerMachine }] of cases.entries()) {
    const sorted = (times[at] ?? []).sort((a, b) => a - b);
    const middle = median(sorted);
    const peer = dockerMachine === undefined ? ' | ' : `${dockerMachine} | ${(middle / dockerMachine).toFixed(2)}`;
    console.log(`| ${name} | ${sorted[0]?.toFixed(0)} | ${middle.toFixed(0)} | ${peer} |`);
  }
} finally {
  await Promise.all(stores.map((store) => store.close()));
  rmSync(folder, { recursive: true });
  cli.remove();
}
