import { messageOf } from '../../core/errors.ts';
import { Bench } from './bench.ts';
import { type Check, NotConforming } from './check.ts';
import { declaration } from './checks/declaration.ts';
import { discretion } from './checks/discretion.ts';
import { lifeCycle } from './checks/life-cycle.ts';
import { many } from './checks/many.ts';
import { trouble } from './checks/trouble.ts';
import { type Subject, TIME_LIMIT } from './subject.ts';

export const CHECKS: readonly Check[] = [...declaration, ...lifeCycle, ...trouble, ...many, ...discretion];

export interface CheckResult {
  readonly name: string;
  readonly rule: string;
  /** `left out`: the subject lacks what it needs. Rules that say nothing of such a driver have no result. */
  readonly outcome: 'passed' | 'failed' | 'left out';
  /** Why, unless it passed. */
  readonly reason?: string;
}

/** A run of the checks, one after the other. */
export class Conformance {
  private readonly bench: Bench;

  constructor(subject: Subject) {
    this.bench = new Bench(subject);
  }

  checks(): readonly Check[] {
    return CHECKS.filter(({ applies }) => applies?.(this.bench.subject) ?? true);
  }

  async run(check: Check): Promise<CheckResult> {
    const { name, rule } = check;
    const missing = check.lacks?.(this.bench.subject);
    if (missing !== undefined) return { name, rule, outcome: 'left out', reason: `the subject has no ${missing}` };
    return this.bench.observer.watch(async () => {
      try {
        await this.within(check.run(this.bench));
        return { name, rule, outcome: 'passed' };
      } catch (error) {
        return { name, rule, outcome: 'failed', reason: reasonOf(error) };
      } finally {
        await this.within(this.bench.clear()).catch(() => {});
      }
    });
  }

  async close(): Promise<void> {
    this.bench.dispose();
    await this.bench.subject.close?.();
  }

  private async within<T>(work: Promise<T>): Promise<T> {
    const limit = this.bench.subject.timeLimit ?? TIME_LIMIT;
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new NotConforming(`it did not end within ${limit} ms`)), limit);
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof NotConforming) return error.message;
  const place = error instanceof Error ? /\n\s+at (.*)/.exec(error.stack ?? '')?.[1] : undefined;
  return `${messageOf(error)}${place === undefined ? '' : ` (at ${place})`}`;
}

/** Runs every check that says something of the driver. */
export async function conformance(
  subject: Subject,
  onResult: (result: CheckResult) => void = () => {},
  onBegin: (name: string) => void = () => {},
): Promise<CheckResult[]> {
  const run = new Conformance(subject);
  const results: CheckResult[] = [];
  try {
    for (const check of run.checks()) {
      onBegin(check.name);
      const result = await run.run(check);
      results.push(result);
      onResult(result);
    }
  } finally {
    await run.close();
  }
  return results;
}
