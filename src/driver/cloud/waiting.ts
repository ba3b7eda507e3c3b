import type { RetryHost } from './retry.ts';

export interface Patience {
  /** Milliseconds in all. */
  readonly timeout: number;
  /** Milliseconds between the first two looks; each wait is half as long again, up to `longest`. */
  readonly first: number;
  readonly longest: number;
  /** What is thrown then. */
  late(): Error;
}

/** Looks until `look` gives something. The first look is made at once; what `look` throws is thrown. */
export async function waitFor<T>(look: () => Promise<T | undefined>, patience: Patience, { clock, signal }: RetryHost): Promise<T> {
  const limit = clock.now() + patience.timeout;
  for (let wait = patience.first; ; wait = Math.min(patience.longest, wait * 1.5)) {
    const found = await look();
    if (found !== undefined) return found;
    if (clock.now() + wait > limit) throw patience.late();
    await clock.sleep(wait, signal);
  }
}
