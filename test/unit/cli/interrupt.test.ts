import { describe, expect, it, vi } from 'vitest';
import { interrupted, stoppable } from '../../../src/cli/interrupt.ts';

describe('stoppable', () => {
  it('is the work itself as long as nobody stops it', async () => {
    const { signal } = new AbortController();
    await expect(stoppable(Promise.resolve(7), signal)).resolves.toBe(7);
    await expect(stoppable(Promise.reject(new Error('x')), signal)).rejects.toThrow('x');
  });

  it("lets a stopped work end by itself, but not for long, and then fails with the signal's reason", async () => {
    vi.useFakeTimers();
    try {
      const stop = new AbortController();
      const ending = Promise.withResolvers<number>();
      const soon = stoppable(ending.promise, stop.signal);
      const never = stoppable(new Promise(() => {}), stop.signal);
      const failed = expect(never).rejects.toMatchObject({ code: 'INTERRUPTED', exitCode: 130, message: 'Interrupted' });
      stop.abort(interrupted('SIGINT'));
      await vi.advanceTimersByTimeAsync(1000);
      ending.resolve(3);
      await expect(soon).resolves.toBe(3);
      await vi.advanceTimersByTimeAsync(10_000);
      await failed;
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s gives exit code %i', (signal, exitCode) => expect(interrupted(signal).exitCode).toBe(exitCode));
});
