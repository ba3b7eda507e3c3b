import { execFileSync } from 'node:child_process';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import qemu from '@tsmachine/driver-qemu';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Bench, disposeBench, newBench } from './context.ts';

let store: Bench;

beforeEach(() => {
  store = newBench();
  store.context('m');
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m,mode=700', 'tmpfs', store.dir('m')]);
});

afterEach(() => {
  execFileSync('umount', ['-l', store.dir('m')]);
  disposeBench(store);
});

describe('no space left in the store', () => {
  it('is told with the disk’s path; what was begun is gone, and there is a machine once there is space', async () => {
    const context = store.context('m');
    const driver = qemu.open(context, undefined);
    await driver.configure({ 'qemu-cpu-count': 0, 'qemu-memory': 512, 'qemu-disk-size': 20_000, 'qemu-accel': 'tcg' });
    const filler = join(store.dir('m'), 'filler');
    writeFileSync(filler, Buffer.alloc(900 * 1024, 1));
    await expect(driver.create()).rejects.toMatchObject({
      code: 'NO_SPACE',
      message: `no space left for the data disk ${join(store.dir('m'), 'data.qcow2')}`,
    });
    expect(readdirSync(store.dir('m')).filter((file) => file.includes('data'))).toEqual([]);
    expect(await driver.state()).toBe('Stopped');
    rmSync(filler);
    await driver.create();
    expect(await driver.state()).toBe('Running');
    await driver.remove();
  });
});
