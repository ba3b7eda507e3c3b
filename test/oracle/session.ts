/** Engines with the project's own images, ready to be compared: a registry in each one's network namespace, the same blobs. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackPackage } from '../../scripts/content/debian.ts';
import { busybox, helloWorld } from '../../scripts/content/images.ts';
import { push } from '../../scripts/content/push.ts';
import { startRegistry } from '../../scripts/content/registry.ts';
import { type Engine, type EngineName, startEngine } from './engines.ts';
import { request } from './http.ts';
import { debian, layersImage } from './images.ts';
import { PROJECT } from './roots.ts';

const REGISTRY_PORT = 5000;
const CACHE = join(PROJECT, '.cache');

export interface Session {
  engine: Engine;
  /** Why the images are not there: an engine that cannot pull can still be asked other things. */
  problem: string | undefined;
  /** Idempotent. */
  stop(): Promise<void>;
}

/** An engine with busybox and hello-world pulled, and `127.0.0.1:5000` as its registry and mirror. */
export async function startSession(name: EngineName): Promise<Session> {
  const dir = await mkdtemp(join(tmpdir(), 'tsmachine-registry-'));
  const stops: (() => Promise<void>)[] = [() => rm(dir, { recursive: true, force: true })];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    await fill(dir);
    const engine = await startEngine(name, { mirror: `http://127.0.0.1:${REGISTRY_PORT}` });
    stops.push(() => engine.stop());
    const registry = await startRegistry({ dir, cache: CACHE, port: REGISTRY_PORT, prefix: await engine.sandbox.inNetwork() });
    stops.push(() => registry.stop());
    const problem = (await pull(engine.socket, 'busybox')) ?? (await pull(engine.socket, 'hello-world'));
    return { engine, problem, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Debian's docker client of trixie, never the machine's own. */
export async function dockerClient(): Promise<string> {
  return join(await unpackPackage('docker-cli', join(CACHE, 'docker-cli'), 'trixie'), 'usr/bin/docker');
}

async function fill(dir: string): Promise<void> {
  const registry = await startRegistry({ dir, cache: CACHE });
  try {
    await push(registry.url, 'library/hello-world', 'latest', await helloWorld());
    await push(registry.url, 'library/busybox', 'latest', await busybox(CACHE));
    await push(registry.url, 'library/layers', 'latest', await layersImage(CACHE));
    await push(registry.url, 'library/debian', 'latest', await debian(CACHE));
  } finally {
    await registry.stop();
  }
}

async function pull(socket: string, name: string): Promise<string | undefined> {
  const answer = await request(socket, { method: 'POST', path: `/images/create?fromImage=${name}&tag=latest` });
  const pulled = answer.status === 200 && !answer.body.includes('"error"');
  return pulled ? undefined : `expected to pull ${name}, found ${answer.status} ${answer.body}`;
}
