import { describe, expect, test } from 'vitest';
import { compare } from '../../oracle/compare.ts';
import { Names, normalText } from '../../oracle/normal.ts';
import { frames } from '../../oracle/streams.ts';
import { flatten } from '../../oracle/target.ts';

const observed = (leaves: Record<string, string>) => new Map([['call', leaves]]);

describe('compare', () => {
  test('finds leaves that differ, are missing or are too many', () => {
    const result = compare(observed({ status: '200', a: '1', b: '2' }), observed({ status: '200', a: '9', c: '3' }), []);
    expect(result.differences.map(({ leaf, expected, found }) => [leaf, expected, found])).toEqual([
      ['a', '1', '9'],
      ['b', '2', undefined],
      ['c', undefined, '3'],
    ]);
  });

  test('finds a call only one of them made', () => {
    expect(compare(observed({ status: '200' }), new Map(), []).differences).toHaveLength(1);
    expect(compare(new Map(), observed({ status: '200' }), []).differences).toHaveLength(1);
  });

  test('leaves out only what a rule names, for its calls, and tells which rules were used', () => {
    const rule = { call: /^call$/, leaf: /^a$/, reason: '' };
    const other = { call: /^other$/, leaf: /^b$/, reason: '' };
    const result = compare(observed({ a: '1', b: '1' }), observed({ a: '2', b: '2' }), [rule, other]);
    expect(result.differences.map(({ leaf }) => leaf)).toEqual(['b']);
    expect([...result.used]).toEqual([rule]);
  });

  test('tells another status once, with its message', () => {
    const [left, right] = [
      observed({ status: '200', 'body.Id': 'x', 'body.Name': 'y' }),
      observed({ status: '404', 'body.message': 'no' }),
    ];
    expect(compare(left, right, []).differences.map(({ leaf }) => leaf)).toEqual(['status', 'body.message']);
  });
});

describe('normal text', () => {
  const names = new Names();
  names.add('ab'.repeat(32), 'web');

  test('names ids, long and short, and hides times, but not the time that means never', () => {
    expect(normalText(`${'ab'.repeat(32)} ${'ab'.repeat(6)}`, names)).toBe('<web> <web:12>');
    expect(normalText('2026-11-21T04:00:00.123456789Z 0001-01-01T00:00:00Z', names)).toBe('<time> 0001-01-01T00:00:00Z');
  });

  test('keeps digests: images are the same bytes for each engine', () => {
    const digest = `sha256:${'cd'.repeat(32)}`;
    expect(normalText(digest, names)).toBe(digest);
  });
});

test('flatten tells null, an empty object and an empty array apart', () => {
  const leaves = flatten('body', { a: null, b: {}, c: [], d: ['x'], e: 1 }, new Names());
  expect(leaves).toEqual({ 'body.a': 'null', 'body.b': '{}', 'body.c': '[]', 'body.d.0': '"x"', 'body.e': '1' });
});

describe('frames', () => {
  const frame = (stream: number, text: string) => Buffer.concat([Buffer.from([stream, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)]);

  test('sorts bytes by stream', () => {
    const { stdout, stderr, rest } = frames(Buffer.concat([frame(1, 'a'), frame(2, 'x'), frame(1, 'b')]));
    expect([stdout, stderr, rest.length]).toEqual(['ab', 'x', 0]);
  });

  test('gives back what is no whole frame', () => {
    expect(frames(Buffer.concat([frame(1, 'a'), frame(1, 'bc').subarray(0, 9)])).rest).toHaveLength(9);
    expect(frames(Buffer.from('plain text')).rest.toString()).toBe('plain text');
  });
});
