/** A registry of a test's own with the project's images, as guests under QEMU's user network reach it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { busybox, helloWorld } from '../../scripts/content/images.ts';
import { push } from '../../scripts/content/push.ts';
import { startRegistry } from '../../scripts/content/registry.ts';
import { debian } from '../oracle/images.ts';

const CACHE = resolve(import.meta.dirname, '../../.cache');
const IMAGES = { 'hello-world': () => helloWorld(), busybox: () => busybox(CACHE), debian: () => debian(CACHE) };

export interface TestRegistry {
  /** For `--engine-registry-mirror` and ENGINE_REGISTRY_MIRROR: 10.0.2.2 is the host in a guest. */
  mirrorUrl: string;
  stop(): Promise<void>;
}

export async function testRegistry(names: readonly (keyof typeof IMAGES)[]): Promise<TestRegistry> {
  const dir = await mkdtemp(join(tmpdir(), 'tsm-registry-'));
  const registry = await startRegistry({ dir, cache: CACHE });
  for (const name of names) await push(registry.url, `library/${name}`, 'latest', await IMAGES[name]());
  return {
    mirrorUrl: `http://10.0.2.2:${registry.port}`,
    async stop() {
      await registry.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
