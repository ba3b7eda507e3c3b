/**
 * A stopped engine's start until it answers `GET /containers/json`: ours, dockerd 28.5 and 20.10, interleaved in one run.
 *
 *     node test/bench/engine-start.ts [runs]      # at least 8; prints a Markdown table
 *
 * Natively, each in namespaces of its own (test/oracle). On an idle machine, or it measures the load.
 */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Engine, type EngineName, startEngine } from '../oracle/engines.ts';
import { request } from '../oracle/http.ts';

const TITLES: Record<EngineName, string> = { ours: 'tsmachine', '28': 'dockerd 28.5 (sid)', '20': 'dockerd 20.10 (bookworm)' };
const runs = Math.max(8, Number(process.argv[2] ?? 8));
const engines: Engine[] = [];
const times = new Map<EngineName, number[]>();
try {
  for (const name of ['ours', '28', '20'] as const) engines.push(await startEngine(name));
  const load = loadavg()[0] ?? 0;
  for (let round = 0; round < runs; round += 1) {
    for (const engine of engines) times.set(engine.name, [...(times.get(engine.name) ?? []), await restartOf(engine)]);
  }
  console.log(`Start to the first answer, ${runs} runs each, interleaved; load average before: ${load.toFixed(2)}\n`);
  console.log('| engine | median ms | min | max | of dockerd 28.5 |\n|---|---:|---:|---:|---:|');
  for (const { name } of engines) console.log(row(name));
} finally {
  await Promise.all(engines.map((engine) => engine.stop()));
}

async function restartOf({ sandbox, socket }: Engine): Promise<number> {
  const pid = await sandbox.daemon();
  process.kill(pid, 'SIGTERM');
  while (await sandbox.daemon().then(Boolean, () => false)) await sleep(5);
  await sleep(300); // the sandbox looks ten times a second whether to start it again
  const start = performance.now();
  await sandbox.restart();
  for (;;) {
    const answer = await request(socket, { path: '/v1.41/containers/json' }).catch(() => undefined);
    if (answer?.status === 200) return performance.now() - start;
    await sleep(5);
  }
}

function row(name: EngineName): string {
  const at = (of: EngineName, share: number) => {
    const sorted = [...(times.get(of) ?? [])].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  };
  const ratio = at(name, 0.5) / at('28', 0.5);
  return `| ${TITLES[name]} | ${at(name, 0.5).toFixed(0)} | ${at(name, 0).toFixed(0)} | ${at(name, 1).toFixed(0)} | ${ratio.toFixed(2)} |`;
}
