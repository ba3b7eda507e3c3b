/** The three engines under comparison: Debian 12's dockerd 20.10, sid's dockerd 28.5, and ours, each in a sandbox of its own. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT, suiteRoot } from './roots.ts';
import { Sandbox, type SandboxOptions } from './sandbox.ts';

const exec = promisify(execFile);

export type EngineName = '20' | '28' | 'ours';

export interface Engine {
  name: EngineName;
  /** Path of its unix socket on the host. */
  socket: string;
  sandbox: Sandbox;
  /** Program and arguments that start the daemon, inside; options may follow. */
  command: string[];
  /** Idempotent. */
  stop(): Promise<void>;
}

export interface EngineOptions {
  /** More options of dockerd. Inside, `/run/share` is `engine.sandbox.share`. */
  args?: string[];
  /** URL of a registry used as mirror of Docker Hub, as seen from the engine's network namespace. */
  mirror?: string;
}

/** Starts an engine and resolves when its socket takes connections. */
export async function startEngine(name: EngineName, options: EngineOptions = {}): Promise<Engine> {
  const args = [
    '-H',
    'unix:///run/share/docker.sock',
    ...(options.mirror ? ['--registry-mirror', options.mirror] : []),
    ...(options.args ?? []),
  ];
  const bundle = name === 'ours' ? await mkdtemp(join(tmpdir(), 'tsmachine-engine-')) : undefined;
  const stops = [() => (bundle ? rm(bundle, { recursive: true, force: true }) : Promise.resolve())];
  const stop = async () => {
    for (const end of stops.splice(0).reverse()) await end();
  };
  try {
    const program = bundle ? await ours(bundle) : await docker(name === '20' ? 'bookworm' : 'sid');
    const sandbox = await Sandbox.start({ ...program, command: [...program.command, ...args] });
    stops.push(() => sandbox.stop());
    await sandbox.appeared('docker.sock');
    return { name, socket: join(sandbox.share, 'docker.sock'), sandbox, command: program.command, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function docker(suite: 'bookworm' | 'sid'): Promise<SandboxOptions> {
  return { root: await suiteRoot(suite), command: ['/usr/sbin/dockerd'] };
}

/** Ours, bundled from the sources as they are now, run by the project's Node in trixie's root (as in the boot image: crun, ip, nft). */
async function ours(into: string): Promise<SandboxOptions> {
  await exec(process.execPath, [join(PROJECT, 'scripts/build.mjs'), 'engine', into]);
  return {
    root: await suiteRoot('trixie'),
    command: ['/usr/bin/node', '/usr/lib/tsmachine/dockerd.cjs'],
    binds: { [process.execPath]: '/usr/bin/node', [join(into, 'engine')]: '/usr/lib/tsmachine' },
  };
}
