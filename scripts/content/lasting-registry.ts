/** A registry that lives on between commands, found again by the file it leaves in the cache; one per clone. */

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { busybox, helloWorld } from './images.ts';
import { push } from './push.ts';
import { startRegistry } from './registry.ts';

interface State {
  port: number;
  pid: number;
}

/** The port on 127.0.0.1. Starts the registry when it is not running, on the port it had if that is free, and fills it. */
export async function ensureRegistry(cache: string): Promise<number> {
  const dir = join(cache, 'registry');
  const known = await state(dir);
  if (known && (await answers(known))) return known.port;
  const options = { dir, cache, detached: true };
  const registry = await startRegistry({ ...options, port: known?.port ?? 0 }).catch(() => startRegistry(options));
  await push(registry.url, 'library/hello-world', 'latest', await helloWorld());
  await push(registry.url, 'library/busybox', 'latest', await busybox(cache));
  await writeFile(join(dir, 'state.json'), JSON.stringify({ port: registry.port, pid: registry.pid } satisfies State));
  return registry.port;
}

/** Idempotent; keeps the blobs and, for the next start, the port. */
export async function stopRegistry(cache: string): Promise<void> {
  const dir = join(cache, 'registry');
  const known = await state(dir);
  if (known && (await isOurs(known.pid, dir))) process.kill(known.pid, 'SIGTERM');
}

async function state(dir: string): Promise<State | undefined> {
  return readFile(join(dir, 'state.json'), 'utf8').then(
    (text) => JSON.parse(text) as State,
    () => undefined,
  );
}

async function answers(known: State): Promise<boolean> {
  return fetch(`http://127.0.0.1:${known.port}/v2/library/hello-world/tags/list`).then(
    (answer) => answer.ok,
    () => false,
  );
}

/** The pid may be another program's by now. */
async function isOurs(pid: number, dir: string): Promise<boolean> {
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.includes('docker-registry') && command.includes(dir);
}
