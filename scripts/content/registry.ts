/** Debian's docker-registry on a free port of 127.0.0.1, unpacked rather than installed: no service of it ever starts. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { unpackPackage } from './debian.ts';

export interface RegistryOptions {
  /** Blobs, configuration and log go here. */
  dir: string;
  /** Keeps the unpacked package. */
  cache: string;
  /** 0: any free one. */
  port?: number;
  /** Words put in front of the command, as `nsenter --net=… --`. */
  prefix?: string[];
  /** Lives on when this process ends. */
  detached?: boolean;
}

export interface Registry {
  url: string;
  port: number;
  pid: number;
  stop(): Promise<void>;
}

/** Resolves when it listens. Throws with its log when it does not. */
export async function startRegistry(options: RegistryOptions): Promise<Registry> {
  const program = join(await unpackPackage('docker-registry', join(options.cache, 'docker-registry')), 'usr/bin/docker-registry');
  await mkdir(options.dir, { recursive: true });
  const config = join(options.dir, 'config.json');
  await writeFile(config, JSON.stringify(configuration(options)));
  const log = await open(join(options.dir, 'log'), 'w');
  // The kernel ends it with this process, however that ends.
  const bound = options.detached ? [] : ['setpriv', '--pdeathsig', 'KILL'];
  const [command = '', ...args] = [...bound, ...(options.prefix ?? []), program, 'serve', config];
  const child = spawn(command, args, { stdio: ['ignore', log.fd, log.fd], detached: options.detached ?? false });
  await once(child, 'spawn');
  await log.close();
  if (options.detached) child.unref();
  const port = await listeningPort(child, join(options.dir, 'log'));
  return { url: `http://127.0.0.1:${port}`, port, pid: child.pid ?? 0, stop: () => end(child) };
}

/** JSON is YAML, which is what the registry reads. */
function configuration(options: RegistryOptions): object {
  return {
    version: 0.1,
    log: { accesslog: { disabled: true }, level: 'info' },
    storage: { filesystem: { rootdirectory: join(options.dir, 'data') }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${options.port ?? 0}` },
  };
}

async function listeningPort(child: ChildProcess, log: string): Promise<number> {
  for (let i = 0; i < 500; i += 1) {
    const text = await readFile(log, 'utf8');
    const port = /listening on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
    if (port) return Number(port);
    if (child.exitCode !== null) throw new Error(`docker-registry ended:\n${text}`);
    await sleep(20);
  }
  throw new Error('docker-registry did not listen within 10 s');
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
