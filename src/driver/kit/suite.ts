import { NotConforming } from './check.ts';
import { Conformance } from './run.ts';
import type { Subject } from './subject.ts';

/** What the kit needs of a test runner: vitest, node:test and Jest have it. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, work: () => Promise<void>): unknown;
}

/** A test for each check, in a suite of the driver's name. What the subject lacks fails its checks. */
export function conformanceTests({ describe, it }: TestRunner, subject: Subject): void {
  describe(`driver ${subject.driver.name} and the contract`, () => {
    const run = new Conformance(subject);
    const checks = run.checks();
    for (const [at, check] of checks.entries()) {
      it(`${check.name}: ${check.rule}`, async () => {
        const { outcome, reason } = await run.run(check);
        if (at === checks.length - 1) await run.close();
        if (outcome !== 'passed') throw new NotConforming(reason);
      });
    }
  });
}
