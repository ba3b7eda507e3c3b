/**
 * `docker run --rm busybox true` on our engine, dockerd 28.5 and dockerd 20.10, back to back in one run:
 *
 *     node test/bench/engine-run.ts [runs]        # at least 10; prints a Markdown table
 *
 * Natively, each in namespaces of its own (test/oracle), the same client and image. On an idle machine, or it measures the load.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import type { EngineName } from '../oracle/engines.ts';
import { dockerClient, startSession } from '../oracle/session.ts';

const TITLES: Record<EngineName, string> = { ours: 'tsmachine', '28': 'dockerd 28.5 (sid)', '20': 'dockerd 20.10 (bookworm)' };
const WARM_UP = 3;

const runs = Math.max(10, Number(process.argv[2] ?? 20));
const docker = await dockerClient();
const names: EngineName[] = ['ours', '28', '20'];
const sessions = await Promise.all(names.map(startSession));
const times = new Map<EngineName, number[]>(names.map((name) => [name, []]));
try {
  const load = loadavg()[0] ?? 0;
  for (let round = -WARM_UP; round < runs; round += 1) {
    for (const { engine } of sessions) {
      const elapsed = await timed(docker, engine.socket);
      if (round >= 0) times.get(engine.name)?.push(elapsed);
    }
  }
  console.log(`\`docker run --rm busybox true\`, ${runs} runs each, interleaved; load average before: ${load.toFixed(2)}\n`);
  console.log('| engine | median ms | min | p90 | of dockerd 28.5 |\n|---|---:|---:|---:|---:|');
  for (const name of names) console.log(row(name));
} finally {
  await Promise.all(sessions.map((session) => session.stop()));
}

async function timed(program: string, socket: string): Promise<number> {
  const start = performance.now();
  const child = spawn(program, ['run', '--rm', 'busybox', 'true'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { PATH: process.env.PATH, HOME: '/nonexistent', DOCKER_HOST: `unix://${socket}` },
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`expected exit code 0, found ${code}`);
  return performance.now() - start;
}

function row(name: EngineName): string {
  const at = (of: EngineName, share: number) => {
    const sorted = [...(times.get(of) ?? [])].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  };
  const ratio = at(name, 0.5) / at('28', 0.5);
  return `| ${TITLES[name]} | ${at(name, 0.5).toFixed(1)} | ${at(name, 0).toFixed(1)} | ${at(name, 0.9).toFixed(1)} | ${ratio.toFixed(2)} |`;
}
