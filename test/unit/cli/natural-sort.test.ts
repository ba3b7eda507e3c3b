import { expect, it } from 'vitest';
import { compareNatural } from '../../../src/cli/natural-sort.ts';

it('orders names as people do, and never mixes up two', () => {
  const names = ['b1', 'a10', 'B1', 'a2', 'A3', 'a', 'a2b', '10', '9', 'a02'];
  expect([...names].sort(compareNatural)).toEqual(['9', '10', 'a', 'a02', 'a2', 'a2b', 'A3', 'a10', 'B1', 'b1']);
  expect(compareNatural('B1', 'b1')).not.toBe(0);
});
