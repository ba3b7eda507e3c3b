import type { Clock } from '../../core/clock.ts';

/** Whether a call that failed is made again, by the vendor's rules. */
export type Verdict =
  | { readonly again: false }
  /** `base`: milliseconds of the first wait, doubled each time; `told`: what the vendor said to wait, which is kept. */
  | { readonly again: true; readonly base: number; readonly told?: number };

export interface RetryRules {
  /** Calls in all, the first one included. */
  readonly attempts: number;
  judge(error: unknown): Verdict;
}

export interface RetryHost {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** From 0 to 1. */
  readonly random?: () => number;
}

/** No wait is longer, milliseconds. */
const LONGEST_WAIT = 20_000;

/**
 * Calls until it succeeds, or throws the last error. Waits are exponential with full jitter, so that many who were refused together
 * do not come back together.
 */
export async function retrying<T>(call: () => Promise<T>, { attempts, judge }: RetryRules, host: RetryHost): Promise<T> {
  const { clock, signal, random = Math.random } = host;
  for (let attempt = 1; ; attempt++) {
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      const verdict = judge(error);
      if (!verdict.again || attempt >= attempts) throw error;
      const jittered = random() * Math.min(LONGEST_WAIT, verdict.base * 2 ** (attempt - 1));
      await clock.sleep(Math.max(verdict.told ?? 0, jittered), signal);
    }
  }
}

/** Milliseconds that a `Retry-After` header tells to wait (RFC 9110 10.2.3); undefined when there is none that can be read. */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
