/** The three engines under comparison: Debian 12's dockerd 20.10, sid's dockerd 28.5, and ours, each in a sandbox of its own. */

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { PROJECT, suiteRoot } from './roots.ts';
import { Sandbox } from './sandbox.ts';

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
  return Sandbox.start({ root: await suiteRoot(suite), cgroups: 'host', command: ['/usr/sbin/dockerd', ...args] });
}

/** Ours, bundled from the sources as they are now, run by the project's Node in trixie's root (as in the boot image: crun, ip, nft). */
async function startOurs(into: string, args: string[]): Promise<Sandbox> {
  await bundleEngine(into);
  const require = createRequire(join(PROJECT, 'package.json'));
  const modules = ['koffi/package.json', '@koromix/koffi-linux-x64/package.json'].map((id) => dirname(require.resolve(id)));
  for (const dir of modules) await mkdir(join(into, dir.slice(PROJECT.length)), { recursive: true });
  return Sandbox.start({
    root: await suiteRoot('trixie'),
    cgroups: 'v2',
    command: ['/usr/bin/node', '/opt/engine/dockerd.cjs', ...args],
    binds: {
      [process.execPath]: '/usr/bin/node',
      [into]: '/opt/engine',
      ...Object.fromEntries(modules.map((dir) => [dir, `/opt/engine${dir.slice(PROJECT.length)}`])),
    },
  });
}

async function bundleEngine(into: string): Promise<void> {
  await build({
    entryPoints: [join(PROJECT, 'src/engine/main.ts')],
    outfile: join(into, 'dockerd.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
    external: ['koffi'],
    logLevel: 'error',
  });
}
