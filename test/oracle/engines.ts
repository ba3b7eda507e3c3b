/** The three engines under comparison: Debian 12's dockerd 20.10, sid's dockerd 28.5, and ours, each in a sandbox of its own. */

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PROJECT, suiteRoot } from './roots.ts';
import { Sandbox } from './sandbox.ts';

const exec = promisify(execFile);

export type EngineName = '20' | '28' | 'ours';

export interface Engine {
  name: EngineName;
  /** Path of its unix socket on the host. */
  socket: string;
  sandbox: Sandbox;
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
  const discard = () => (bundle ? rm(bundle, { recursive: true, force: true }) : Promise.resolve());
  try {
    const sandbox = bundle ? await startOurs(bundle, args) : await startDocker(name === '20' ? 'bookworm' : 'sid', args);
    const stop = async () => {
      await sandbox.stop();
      await discard();
    };
    await sandbox.appeared('docker.sock').catch(async (error) => {
      await stop();
      throw error;
    });
    return { name, socket: join(sandbox.share, 'docker.sock'), sandbox, stop };
  } catch (error) {
    await discard();
    throw error;
  }
}

async function startDocker(suite: 'bookworm' | 'sid', args: string[]): Promise<Sandbox> {
  return Sandbox.start({ root: await suiteRoot(suite), command: ['/usr/sbin/dockerd', ...args] });
}

/** Ours, bundled from the sources as they are now, run by the project's Node in trixie's root (as in the boot image: crun, ip, nft). */
async function startOurs(into: string, args: string[]): Promise<Sandbox> {
  await exec(process.execPath, [join(PROJECT, 'scripts/build.mjs'), 'engine', into]);
  return Sandbox.start({
    root: await suiteRoot('trixie'),
    command: ['/usr/bin/node', '/usr/lib/tsmachine/dockerd.cjs', ...args],
    binds: { [process.execPath]: '/usr/bin/node', [join(into, 'engine')]: '/usr/lib/tsmachine' },
  });
}
