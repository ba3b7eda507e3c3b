/** QEMU killed 20 times in the middle of pulls and creates: the engine comes back each time with whole state. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestRegistry, testRegistry } from './registry.ts';
import { TestStore } from './store.ts';

const CUTS = 20;

/** The QEMU process of a machine: it runs in its folder. */
function qemuOf(folder: string): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
      if (argv[0]?.includes('qemu-system') && readlinkSync(`/proc/${pid}/cwd`) === folder) return Number(pid);
    } catch {
      // ended meanwhile
    }
  }
  throw new Error(`no QEMU for ${folder}`);
}

describe('a power cut', () => {
  let registry: TestRegistry;
  let store: TestStore;

  beforeAll(async () => {
    registry = await testRegistry(['hello-world', 'busybox']);
    store = new TestStore(registry.mirrorUrl);
    await store.must('create', 'cut');
    await store.on('cut', 'run', '--name', 'kept', 'busybox', 'sh', '-c', 'echo kept > /file');
  });

  afterAll(async () => {
    await store?.close();
    await registry?.stop();
  });

  it(`loses nothing that was answered, ${CUTS} times`, async () => {
    const created = new Set<string>();
    for (let cut = 0; cut < CUTS; cut += 1) {
      const env = await store.dockerEnv('cut');
      const pulling = store.withEnv(env, 'pull', 'hello-world');
      const creating = store.withEnv(env, 'create', '--name', `c${cut}`, 'busybox', 'true');
      await sleep(150 + cut * 60); // over the run the cuts fall at different points of both
      process.kill(qemuOf(store.file('cut', '')), 'SIGKILL');
      await pulling;
      if ((await creating).code === 0) created.add(`c${cut}`);
      expect((await store.must('status', 'cut')).trim()).toBe('Stopped');
      await store.must('start', 'cut');
      const listed = (await store.on('cut', 'ps', '-a', '--format', '{{.Names}}')).stdout.trim().split('\n');
      expect(listed).toContain('kept');
      for (const name of created) expect(listed, `cut ${cut}`).toContain(name);
      const hello = await store.on('cut', 'run', '--rm', 'hello-world');
      expect(hello.stderr.replace(/^(Unable to find|latest: |[0-9a-f]{12}: |Digest: |Status: ).*\n/gm, ''), `cut ${cut}`).toBe('');
      expect(hello.code).toBe(0);
      await store.on('cut', 'rmi', '-f', 'hello-world');
    }
    for (const name of created) expect((await store.on('cut', 'start', '-a', name)).code).toBe(0);
  }, 1_200_000);
});
