/** A store on a file system that fills up at every place of create in turn. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openMachines } from '../../../src/machine/index.ts';
import { cloudMachines, folderDriver } from '../../support/folder-driver.ts';
import { createRequest, noSteps, testStore } from '../../support/machines.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const PAGE = 4096;

/** Fills all but `free` bytes of it. */
function fill(mount: string, free: number): string {
  const ballast = join(mount, 'ballast');
  writeFileSync(ballast, Buffer.alloc(512 * 1024 - free - 8 * PAGE));
  return ballast;
}

it('fails with the reason and leaves what create or rm can finish, wherever space ends', async () => {
  const mount = join(temporaryFolder(), 'small');
  mkdirSync(mount);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', mount]);
  const outcomes: string[] = [];
  try {
    for (let free = 0; free <= 26 * PAGE; free += 2 * PAGE) {
      const store = { ...(await testStore(folderDriver(() => {}, 'none'))) };
      const root = join(mount, `store-${free}`);
      const machines = openMachines({ ...store.options, storePath: root });
      const driver = folderDriver(() => {}, 'none');
      const request = createRequest('m', driver, { 'folder-cloud': store.cloud });
      const ballast = fill(mount, free);
      const failure = await machines.create(request, noSteps).then(
        () => undefined,
        (error: Error) => error,
      );
      outcomes.push(failure ? 'failed' : 'made');
      if (failure) {
        expect(failure.message).toContain('ENOSPC');
        expect(await cloudMachines(store.cloud)).toEqual([]);
      }
      rmSync(ballast);
      if (failure) await machines.create(request, noSteps); // the same create goes on once there is space
      expect(await (await machines.load('m')).state()).toBe('Running');
      await machines.remove('m', { force: false });
      expect(readdirSync(join(root, 'machines'))).toEqual([]);
      rmSync(root, { recursive: true });
    }
  } finally {
    execFileSync('umount', [mount]);
  }
  expect(new Set(outcomes)).toEqual(new Set(['failed', 'made']));
});
