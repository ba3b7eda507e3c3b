import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeAsGo, indentJson, objectMembers } from '../../../src/store/json-text.ts';

describe('indentJson', () => {
  it('gives what JSON.stringify gives for values that survive it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(indentJson(text)).toBe(JSON.stringify(JSON.parse(text), undefined, 4));
      }),
    );
  });

  it('does not care how the text was laid out before', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(1, 3, '\t'), (value, space) => {
        expect(indentJson(JSON.stringify(value, undefined, space))).toBe(indentJson(JSON.stringify(value)));
      }),
    );
  });

  it('keeps key order and numbers as they were written', () => {
    expect(indentJson('{"b":18446744073709551615,"10":1.50,"2":1e400}')).toBe(
      '{\n    "b": 18446744073709551615,\n    "10": 1.50,\n    "2": 1e400\n}',
    );
  });

  it('begins deeper lines where they belong', () => {
    expect(indentJson('{"a":[1]}', 1)).toBe('{\n        "a": [\n            1\n        ]\n    }');
  });
});

describe('objectMembers', () => {
  it('gives each value as it stands in the text', () => {
    const text = ' { "a" : {"x": [1, 2]} , "b":"}\\"," ,"c" : -1.0e5, "d":null}';
    expect([...objectMembers(text)]).toEqual([
      ['a', '{"x": [1, 2]}'],
      ['b', '"}\\","'],
      ['c', '-1.0e5'],
      ['d', 'null'],
    ]);
  });

  it('agrees with JSON.parse on every object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 2), (object, space) => {
        const members = objectMembers(JSON.stringify(object, undefined, space));
        const expected = JSON.parse(JSON.stringify(object)) as Record<string, unknown>;
        expect(members.size).toBe(Object.keys(expected).length);
        for (const [key, text] of members) expect(JSON.parse(text)).toEqual(expected[key]);
      }),
    );
  });
});

describe('escapeAsGo', () => {
  it('escapes what Go escapes', () => {
    expect(escapeAsGo('"<a>&\u2028"')).toBe('"\\u003ca\\u003e\\u0026\\u2028"');
  });
});
