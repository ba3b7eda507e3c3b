import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareVersions } from '../../../src/image/debian/version-order.ts';

// Each row ascending; from Debian Policy 5.6.12 and dpkg's lib/dpkg/t/t-version.c
const ASCENDING = [
  ['1.0~beta1~svn1245', '1.0~beta1', '1.0', '1.0-1'],
  ['~~', '~~a', '~', '', 'a'],
  ['9.0-1', '10.0-1', '1:0.1-1'],
  ['1.2.3-1', '1.2.3-1+deb13u1', '1.2.3-1+deb13u2', '1.2.3-1+deb13u10'],
  ['2.36-9', '2.36-9+b1', '2.36.1-1', '2.41-1'],
  ['6.12.9-1', '6.12.12-1', '6.12.117-1'],
  ['1.0a', '1.0+', '1.0.1'],
  ['0', '00000000000000000000000000000001', '18446744073709551616'],
];

describe('compareVersions', () => {
  it.each(ASCENDING.map((row) => [row.join(' < '), row] as const))('%s', (_, row) => {
    for (const [index, lower] of row.entries()) {
      for (const higher of row.slice(index + 1)) {
        expect(compareVersions(lower, higher), `${lower} < ${higher}`).toBeLessThan(0);
        expect(compareVersions(higher, lower), `${higher} > ${lower}`).toBeGreaterThan(0);
      }
    }
  });

  it('takes leading zeros and a missing epoch as nothing', () => {
    expect(compareVersions('1.05-1', '1.5-1')).toBe(0);
    expect(compareVersions('0:1-1', '1-1')).toBe(0);
  });

  it('is an order: antisymmetric, and transitive', () => {
    const version = fc.stringMatching(/^[0-9a-z.~+]{0,6}(-[0-9a-z.~+]{1,3})?$/);
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(Math.sign(compareVersions(a, b))).toBe(-Math.sign(compareVersions(b, a)) + 0);
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) expect(compareVersions(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
