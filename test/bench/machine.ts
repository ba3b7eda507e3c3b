/** What the benchmarks of machines share: medians, phases, and a store with one engine probe. */

import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { silentLogger } from '../../src/core/logger.ts';
import { thisPlatform } from '../../src/host/platform.ts';
import { processRunner } from '../../src/host/process-runner.ts';
import { findSupervisor } from '../../src/supervisor/index.ts';
import type { TestStore } from '../e2e/store.ts';

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

export const seconds = (milliseconds: number) => (milliseconds / 1000).toFixed(2);
export const spread = (values: readonly number[]) =>
  `${seconds(median(values))} (${seconds(Math.min(...values))}–${seconds(Math.max(...values))})`;

/** Milliseconds that `work` took. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** What the guest said of its last boot: phase → seconds since its kernel started. */
export async function bootPhases(store: TestStore, machine: string): Promise<Map<string, number>> {
  const phases = new Map<string, number>();
  const supervisor = await findSupervisor(join(store.path, 'machines', machine), {
    platform: thisPlatform(),
    runner: processRunner(silentLogger),
  });
  await supervisor?.awaitReady((name, at) => phases.set(name, at), new AbortController().signal, 60_000);
  return phases;
}

/** The engine's version over mutual TLS; throws when it does not answer. */
export async function engineVersion(store: TestStore, machine: string): Promise<string> {
  const env = await store.dockerEnv(machine);
  const certificates = env.DOCKER_CERT_PATH ?? '';
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((file) => readFileSync(join(certificates, file)));
  const { hostname, port } = new URL(env.DOCKER_HOST ?? '');
  const body = await new Promise<string>((resolve, reject) => {
    const call = request({ hostname, port, path: '/version', ca, cert, key, timeout: 10_000 }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk)).on('end', () => resolve(text));
    });
    call
      .on('error', reject)
      .on('timeout', () => call.destroy(new Error('no answer in 10 s')))
      .end();
  });
  return (JSON.parse(body) as { Version: string }).Version;
}
