/** The conformance kit against a driver that is right, and against the same with one thing broken. */
import { describe, expect, it } from 'vitest';
import { conformance } from '../../../src/driver/kit/index.ts';
import { CHECKS } from '../../../src/driver/kit/run.ts';
import { BROKEN_DRIVERS } from '../../support/broken-drivers.ts';
import { toySubject } from '../../support/toy-driver.ts';

describe('a driver that keeps the contract', () => {
  it('passes every check that says something of it', async () => {
    const results = await conformance(toySubject());
    expect(results.filter(({ outcome }) => outcome !== 'passed')).toEqual([]);
    expect(results.length).toBe(CHECKS.length - 1); // `readiness` is of boot images
  });

  it('is told what its subject lacks', async () => {
    const { driver, flags = {} } = toySubject();
    const { 'toy-token': _secret, ...shown } = flags;
    const results = await conformance({ driver, flags: shown });
    const leftOut = results.filter(({ outcome }) => outcome === 'left out').map(({ name }) => name);
    expect(leftOut).toEqual(['death before a call', 'death after a call', 'secrets']);
  });
});

describe('a driver that', () => {
  it.each(BROKEN_DRIVERS)('$what fails the check "$check" and no other', async ({ check, broken }) => {
    const results = await conformance({ ...toySubject(broken), timeLimit: check === 'processes' ? 10_000 : 1_500 });
    const failed = results.filter(({ outcome }) => outcome === 'failed');
    expect(
      failed.map(({ name }) => name),
      JSON.stringify(failed),
    ).toEqual([check]);
  });

  it('is wrong in each way that the kit knows', () => {
    const found = new Set(BROKEN_DRIVERS.map(({ check }) => check));
    expect(CHECKS.map(({ name }) => name).filter((name) => !found.has(name))).toEqual(['readiness']);
  });
});
