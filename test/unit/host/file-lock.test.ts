import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/core/clock.ts';
import { type FileLockOptions, withFileLock } from '../../../src/host/file-lock.ts';
import { thisPlatform } from '../../../src/host/platform.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const options = (signal = new AbortController().signal): FileLockOptions => ({ platform: thisPlatform(), clock: systemClock, signal });
const path = async () => join(temporaryFolder(), 'locks', 'x.lock');

describe('withFileLock', () => {
  it('lets one in at a time', async () => {
    const lock = await path();
    let inside = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, ++inside);
      await systemClock.sleep(5);
      inside--;
    };
    await Promise.all(Array.from({ length: 10 }, () => withFileLock(lock, options(), work)));
    expect(most).toBe(1);
  });

  it('gives what the work gives, and lets go when it throws', async () => {
    const lock = await path();
    await expect(withFileLock(lock, options(), () => Promise.reject(new Error('x')))).rejects.toThrow('x');
    expect(await withFileLock(lock, options(), async () => 7)).toBe(7);
  });

  it('stops waiting when it is aborted', async () => {
    const lock = await path();
    const abort = new AbortController();
    await withFileLock(lock, options(), async () => {
      const second = withFileLock(lock, options(abort.signal), async () => 'never');
      abort.abort(new Error('Ctrl-C'));
      await expect(second).rejects.toThrow('Ctrl-C');
    });
  });

  it('does not keep other names waiting', async () => {
    const lock = await path();
    expect(await withFileLock(lock, options(), () => withFileLock(`${lock}2`, options(), async () => 1))).toBe(1);
  });
});
