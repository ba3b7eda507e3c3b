/**
 * How long the commands take that scripts call most, beside Node's own start, a bare Node that makes one mutual-TLS handshake,
 * and docker-machine. Output goes to pipes, as in `$(…)`. Rounds are interleaved, so that a busy moment hits all alike.
 * Run: node test/bench/cli.ts [rounds]
 *
 * What was tried for a quick start: least processor time of `ip` above that of `node -e 0`, milliseconds of user and system, of
 * 30 to 40 interleaved runs on a loaded machine, each step on top of the one before.
 *   ES modules in 30 chunks, compile cache (as it was)                                            28
 *   CommonJS, what every command needs in one file                                                25
 *   Node's modules loaded at first use (net, crypto, fs/promises; node:fs as ES module opens all) 20
 *   only what is needed in that file                                                              18
 *   write(2) instead of process.stdout on a pipe, synchronous reads of small files                15
 *   no loops over the characters of config.json, which V8 compiled three times over               10
 *   compiled code kept after a run instead of Node's compile cache, which is made before it        7
 * The same at another time, quarter of 20 runs, above 25.5 of `node -e 0`: `ip` 7.5 with that cache, 16.3 without any, 15.1 from a
 * start-up snapshot (`--build-snapshot`, all modules evaluated; one that does nothing takes 8.4, node:tls cannot be in it, and a
 * `bin` script cannot give the flag), 8.7 to 9.0 with --max-lazy, --no-opt or --single-threaded. `env` above a bare handshake:
 * 20 before all of the last line, 10 after it and without what sets guests up. `create -d none`: 182 before, 80 without oclif,
 * an RSA key nobody takes and half of the journal. `ls` lost 23 of 65 by require() for what is `await import('node:http')` in
 * the sources. Of no effect: process.reallyExit, no signal handlers, no AbortController.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { BuiltCli } from '../integration/cli/built-cli.ts';
import { startEngine } from '../integration/cli/tls-engine.ts';

const rounds = Number(process.argv[2] ?? 20);

interface Case {
  readonly name: string;
  /** Milliseconds of the Go program on 2 idle cores (DESIGN.md). */
  readonly dockerMachine?: number;
  /** Node's words in one round. */
  args(round: number): readonly string[];
  readonly store?: string;
  /** What `above` is counted from, by name. */
  readonly base?: string;
  readonly node?: string;
}

const cli = new BuiltCli();
const folder = mkdtempSync(join(tmpdir(), 'tsmachine-bench-'));

/** Milliseconds from start to end of one run of Node. */
function timed({ args, store, node = process.execPath }: Case, round: number): Promise<number> {
  const words = args(round);
  return new Promise((resolve, reject) => {
    const started = performance.now();
    const env = { ...cli.environment({ ...(store ? { MACHINE_STORAGE_PATH: store } : {}) }) };
    const child = spawn(node, [...words], { env, stdio: ['ignore', 'pipe', 'ignore'] });
    child.stdout.resume();
    child.once('error', reject);
    child.once('close', (code) =>
      code === 0 ? resolve(performance.now() - started) : reject(new Error(`${words.join(' ')}: exit ${code}`)),
    );
  });
}

/** A program that reads the client's files and shakes hands with the engine: what `env` cannot do without. */
function handshakeProgram(store: string, port: number): string {
  const path = join(folder, 'handshake.cjs');
  const pem = (name: string) => `require('node:fs').readFileSync(${JSON.stringify(join(store, 'certs', `${name}.pem`))})`;
  const options = `{ host: '127.0.0.1', port: ${port}, ca: ${pem('ca')}, cert: ${pem('cert')}, key: ${pem('key')} }`;
  writeFileSync(path, `const socket = require('node:tls').connect(${options}, () => socket.destroy());\n`);
  return path;
}

const versionOf = (node: string): number => Number.parseInt(execFileSync(node, ['--version'], { encoding: 'utf8' }).slice(1), 10);

/** A store with this many machines whose engines answer. */
async function storeOf(machines: number): Promise<{ path: string; port: number; close(): Promise<void> }> {
  const path = join(folder, `store-${machines}`);
  const create = (name: string, url: string) => cli.run(['-s', path, 'create', '-d', 'none', '--url', url, name]);
  await create('first', 'tcp://127.0.0.1:9');
  const engine = await startEngine(path);
  await cli.run(['-s', path, 'rm', '-f', 'first']);
  for (let at = 1; at <= machines; at++) await create(`m${at}`, `tcp://127.0.0.1:${engine.port}`);
  return { path, port: engine.port, close: () => engine.close() };
}

const median = (sorted: number[]) => sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;

const stores = [await storeOf(1), await storeOf(20), await storeOf(100)];
try {
  const [one, twenty, hundred] = stores.map((store) => store.path);
  const run = (store: string | undefined, ...words: string[]) => ({ args: () => [cli.launcher, ...words], ...(store ? { store } : {}) });
  const create = (store: (round: number) => string) => ({
    args: (round: number) => [cli.launcher, '-s', store(round), 'create', '-d', 'none', '--url', 'tcp://127.0.0.1:9', `new${round + 1}`],
  });
  const handshake = handshakeProgram(one ?? '', stores[0]?.port ?? 0);
  const older = ['/usr/bin/node', '/usr/local/bin/node'].find((path) => existsSync(path) && versionOf(path) < 22);
  const alone = 'Node alone (`node -e 0`)';
  const bare = 'Node with one mutual-TLS handshake';
  const cases: Case[] = [
    { name: alone, args: () => ['-e', '0'] },
    { name: bare, base: alone, args: () => [handshake] },
    { name: '`--version`', base: alone, dockerMachine: 10, ...run(one, '--version') },
    { name: '`config`', base: bare, dockerMachine: 30, ...run(one, 'config', 'm1') },
    { name: '`env`', base: bare, dockerMachine: 34, ...run(one, 'env', 'm1') },
    { name: '`ip`', base: alone, ...run(one, 'ip', 'm1') },
    { name: '`url`', base: alone, ...run(one, 'url', 'm1') },
    { name: '`status`', base: alone, ...run(one, 'status', 'm1') },
    { name: '`inspect`', base: alone, ...run(one, 'inspect', 'm1') },
    { name: '`ls`, 1 machine', dockerMachine: 73, ...run(one, 'ls') },
    { name: '`ls`, 20 machines', dockerMachine: 535, ...run(twenty, 'ls') },
    { name: '`ls`, 100 machines', dockerMachine: 1978, ...run(hundred, 'ls') },
    { name: '`ls -q`, 1 machine', dockerMachine: 22, ...run(one, 'ls', '-q') },
    { name: '`ls -q`, 100 machines', dockerMachine: 1016, ...run(hundred, 'ls', '-q') },
    { name: '`create -d none`', dockerMachine: 35, ...create(() => join(folder, 'existing')) },
    { name: '`create -d none`, new store', dockerMachine: 260, ...create((round) => join(folder, `new${round}`)) },
    ...(older ? [{ name: `\`ip\`, handed over by Node ${versionOf(older)}`, base: '`ip`', node: older, ...run(one, 'ip', 'm1') }] : []),
  ];
  const times = cases.map((): number[] => []);
  for (const item of cases) await timed(item, -1); // warm: file cache and compile cache
  for (let round = 0; round < rounds; round++) for (const [at, item] of cases.entries()) times[at]?.push(await timed(item, round));
  for (const list of times) list.sort((a, b) => a - b);
  console.log(`${rounds} rounds, Node ${process.version}, ${cpus().length} cores, milliseconds\n`);
  console.log('| command | min | median | above | docker-machine (median) | ratio |\n|---|---|---|---|---|---|');
  const least = new Map(cases.map(({ name }, at) => [name, times[at]?.[0] ?? Number.NaN]));
  for (const [at, { name, base, dockerMachine }] of cases.entries()) {
    const sorted = times[at] ?? [];
    const above = base === undefined ? '' : `${((sorted[0] ?? Number.NaN) - (least.get(base) ?? Number.NaN)).toFixed(1)}`;
    const peer = dockerMachine === undefined ? ' | ' : `${dockerMachine} | ${(median(sorted) / dockerMachine).toFixed(2)}`;
    console.log(`| ${name} | ${sorted[0]?.toFixed(0)} | ${median(sorted).toFixed(0)} | ${above} | ${peer} |`);
  }
  console.log('\n`above`: the least time less that of Node alone, of the handshake (`config`, `env`), or of the same command in Node 24.');
} finally {
  await Promise.all(stores.map((store) => store.close()));
  rmSync(folder, { recursive: true });
  cli.remove();
}
