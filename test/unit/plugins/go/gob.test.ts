import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BOOL,
  BYTES,
  COMPLEX,
  FLOAT,
  GobComplex,
  GobDecoder,
  GobEncoder,
  GobError,
  GobInterface,
  type GobStruct,
  type GobType,
  type GobValue,
  INT,
  INTERFACE,
  mapOf,
  STRING,
  sliceOf,
  structOf,
  UINT,
} from '../../../../src/plugins/go/gob/index.ts';

/** Streams that Go wrote: test/data/gob/vectors.go. */
const vectors: Record<string, string> = JSON.parse(readFileSync(new URL('../../../data/gob/vectors.json', import.meta.url), 'utf8'));
const decode = (hex: string) => {
  const decoder = new GobDecoder();
  const values = decoder.push(Buffer.from(hex, 'hex'));
  expect(decoder.between).toBe(true);
  return values.map(plain);
};

/** Structs without their missing prototype, interfaces as `[name, value]`: what a comparison shows well. */
function plain(value: GobValue): unknown {
  if (value instanceof GobInterface) return [value.name, plain(value.value)];
  if (value instanceof Uint8Array || value instanceof GobComplex) return value;
  if (value instanceof Map) return new Map([...value].map(([key, element]) => [plain(key), plain(element)]));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, plain(field as GobValue)]));
}

describe('what Go wrote', () => {
  it.each<[string, unknown[]]>([
    ['bool', [true, false]],
    ['int', [0, -1, 63, -65, 2n ** 63n - 1n, -(2n ** 63n)]],
    ['uint', [127, 128, 2n ** 64n - 1n]],
    ['float', [0, 17, -1.5, Number.POSITIVE_INFINITY, Number.MAX_VALUE, 5e-324]],
    ['bytes', [Uint8Array.from(Buffer.from('{}'))]],
    ['string', ['', 'x', 'grüß dich 🐳']],
    ['empty', [{}, {}]],
    ['slice', [['a', ''], []]],
    [
      'flags',
      [
        [
          ['*main.StringFlag', { Name: 'url', Usage: 'URL', Value: 'x' }],
          ['*main.IntFlag', { Name: 'port', Value: 22 }],
          null,
          ['*main.StringFlag', { Name: 'two' }],
        ],
      ],
    ],
    ['argument', [['*main.RPCFlags', { Values: new Map([['list', ['[]string', ['a', 'b']]]]) }]]],
    [
      'nested',
      [
        [
          [
            '[]interface {}',
            [
              ['main.Inner', { A: 1 }],
              ['string', 'deep'],
            ],
          ],
          ['main.Inner', { A: 2 }],
        ],
      ],
    ],
  ])('%s', (name, expected) => expect(decode(vectors[name] ?? '')).toEqual(expected));

  it('a struct of everything', () => {
    const [value] = decode(vectors.everything ?? '') as [Record<string, unknown>];
    const { When: when, ...rest } = value;
    expect(when).toHaveLength(15); // time.Time encodes itself
    expect(rest).toEqual({
      Bool: true,
      Int: -5,
      Uint: 7,
      Float: 0.5,
      Complex: new GobComplex(1, 2),
      Bytes: Uint8Array.of(0, 255),
      Text: 't',
      List: ['l'],
      Array: [1, 0, 3],
      Map: new Map([['k', -9]]),
      Inner: { A: -1 },
      Pointer: { B: [1] },
      Any: ['main.Inner', { A: 3 }],
      Tree: { Label: 'r', Children: [{ Label: 'c' }] },
    });
  });

  it('however it is cut', () => {
    for (const [name, hex] of Object.entries(vectors)) {
      const decoder = new GobDecoder();
      const values = [...Buffer.from(hex, 'hex')].flatMap((byte) => decoder.push(Uint8Array.of(byte)));
      expect(values.map(plain), name).toEqual(decode(hex));
    }
  });

  it('is written by ours byte for byte', () => {
    const wrote = (type: GobType, ...values: GobValue[]) => {
      const encoder = new GobEncoder();
      return Buffer.concat(values.map((value) => encoder.encode(type, value))).toString('hex');
    };
    expect(wrote(INT, 0, -1, 63n, -65, 2n ** 63n - 1n, -(2n ** 63n))).toBe(vectors.int);
    expect(wrote(UINT, 127, 128, 2n ** 64n - 1n)).toBe(vectors.uint);
    expect(wrote(FLOAT, 0, 17, -1.5, Number.POSITIVE_INFINITY, Number.MAX_VALUE, 5e-324)).toBe(vectors.float);
    expect(wrote(STRING, '', 'x', 'grüß dich 🐳')).toBe(vectors.string);
    expect(wrote(structOf('', {}), {}, {})).toBe(vectors.empty);
  });
});

/** Types and values of them, the same type object for what a stream defines once. */
const basics: readonly (readonly [GobType, fc.Arbitrary<GobValue>])[] = [
  [BOOL, fc.boolean()],
  [INT, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(shown)],
  [UINT, fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(shown)],
  [FLOAT, fc.double({ noNaN: true })],
  [BYTES, fc.uint8Array()],
  [STRING, fc.string({ unit: 'grapheme' })],
  [COMPLEX, fc.tuple(fc.double({ noNaN: true }), fc.double({ noNaN: true })).map(([a, b]) => new GobComplex(a, b))],
];

function shown(value: bigint): GobValue {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

interface Typed {
  readonly type: GobType;
  readonly value: GobValue;
}

const typed: fc.Arbitrary<Typed> = fc.letrec<{ any: Typed }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(...basics.map(([type, values]) => values.map((value) => ({ type, value })))),
    fc.array(tie('any'), { maxLength: 4 }).map((parts) => ({
      type: sliceOf(INTERFACE),
      value: parts.map((part, at) => new GobInterface(`main.T${at}`, part.value, part.type)),
    })),
    fc
      .dictionary(
        fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
        tie('any'),
        { maxKeys: 4 },
      )
      .map((parts) => ({
        type: structOf('S', Object.fromEntries(Object.entries(parts).map(([name, { type }]) => [name, type]))),
        value: Object.fromEntries(Object.entries(parts).map(([name, { value }]) => [name, value])),
      })),
    tie('any').map((part) => ({ type: mapOf(STRING, part.type), value: new Map([['key', part.value]]) })),
    tie('any').map((part) => ({ type: { kind: 'array' as const, name: '', element: part.type, length: 1 }, value: [part.value] })),
  ),
})).any;

/** As a stream gives it back: fields that are zero are left out, and -0 is 0. */
function normal(type: GobType, value: GobValue): unknown {
  if (type.kind === 'struct') {
    const fields = type.fields.map(({ name, type: of }) => [name, of, (value as Record<string, GobValue>)[name] ?? null] as const);
    return Object.fromEntries(fields.filter(([, , field]) => !isZero(field)).map(([name, of, field]) => [name, normal(of, field)]));
  }
  if (value instanceof GobInterface) return [value.name, normal(value.type ?? BOOL, value.value)];
  if (type.kind === 'map')
    return new Map([...(value as Map<GobValue, GobValue>)].map(([key, element]) => [key, normal(type.element, element)]));
  if (type.kind === 'slice' || type.kind === 'array') return (value as GobValue[]).map((element) => normal(type.element, element));
  return value;
}

function isZero(value: GobValue): boolean {
  if (value instanceof GobComplex) return value.real === 0 && value.imaginary === 0;
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  return value === null || value === false || value === '' || value === 0 || value === 0n || (value instanceof Map && value.size === 0);
}

describe('what ours wrote', () => {
  it('is read again, value for value', () => {
    fc.assert(
      fc.property(fc.array(typed, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 50 }), (values, step) => {
        const encoder = new GobEncoder();
        const stream = Buffer.concat(values.map(({ type, value }) => encoder.encode(type, value)));
        const decoder = new GobDecoder();
        const read: GobValue[] = [];
        for (let at = 0; at < stream.length; at += step) read.push(...decoder.push(stream.subarray(at, at + step)));
        expect(read.map(plain)).toEqual(values.map(({ type, value }) => normal(type, value)));
        expect(decoder.between).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('holds no value of another type', () => {
    const encoder = new GobEncoder();
    const list = sliceOf(structOf('S', { A: INT }));
    const wrong: [GobType, GobValue][] = [
      [INT, 1.5],
      [INT, 2n ** 63n],
      [UINT, -1],
      [UINT, 2 ** 53],
      [STRING, 1],
      [BYTES, 'x'],
      [list, [{ A: 'x' }]],
      [INTERFACE, new GobInterface('main.T', 1)],
      [mapOf(STRING, INT), {}],
    ];
    for (const [type, value] of wrong) expect(() => encoder.encode(type, value), String(value)).toThrow(GobError);
    const decoder = new GobDecoder();
    expect(decoder.push(encoder.encode(list, [{ A: 1 }])).map(plain)).toEqual([[{ A: 1 }]]); // what failed defined nothing
  });
});

describe('a stream that does not mean well', () => {
  it('gives an error or waits for more, and never anything else', () => {
    const damaged = fc.tuple(
      fc.constantFrom(...Object.values(vectors)),
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { minLength: 1, maxLength: 8 }),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }),
          damaged.map(([hex, changes]) => broken(hex, changes)),
        ),
        (bytes) => {
          try {
            new GobDecoder().push(bytes);
          } catch (error) {
            expect(error).toBeInstanceOf(GobError);
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  function broken(hex: string, changes: readonly (readonly [number, number])[]): Uint8Array {
    const bytes = Buffer.from(hex, 'hex');
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes;
  }

  it.each([
    ['a message that is too long', 'fc7fffffff'],
    ['an integer of 9 bytes', 'f7010203040506070809'],
    ['a type that nobody defined', '0448000100'],
    ['a type defined twice', `${vectors.empty?.slice(0, 22)}${vectors.empty?.slice(0, 22)}`],
    ['a value with something behind it', '05020002ffff'],
  ])('%s', (_what, hex) => {
    expect(() => new GobDecoder().push(Buffer.from(hex, 'hex'))).toThrow(GobError);
  });

  it('waits for the rest of a list that is longer than what came', () => {
    expect(new GobDecoder().push(Buffer.from('0b0c00', 'hex'))).toEqual([]);
  });

  it('is not followed into the depth, through endless types, or for ever', () => {
    const nested = (depth: number): GobInterface => new GobInterface('[]interface {}', depth === 0 ? [] : [nested(depth - 1)], list);
    const list = sliceOf(INTERFACE);
    const bytes = new GobEncoder().encode(list, [nested(20)]);
    expect(() => new GobDecoder({ depth: 10 }).push(bytes)).toThrow('expected at most 10 values in one another');
    expect(() => new GobDecoder({ bytes: 100 }).push(bytes)).toThrow(GobError);
    const types = new GobEncoder();
    const many = Buffer.concat(Array.from({ length: 20 }, (_, at) => types.encode(structOf(`T${at}`, {}), {})));
    expect(() => new GobDecoder({ types: 10 }).push(many)).toThrow('expected at most 10 types');
    const definitions = Buffer.concat(Array.from({ length: 20 }, () => new GobEncoder().encode(structOf('', {}), {}).subarray(0, 11)));
    expect(() => new GobDecoder({ messages: 5 }).push(definitions)).toThrow(GobError);
  });

  it('has fields that are only fields', () => {
    const type = structOf('S', { toString: STRING });
    const proto = { kind: 'struct' as const, name: 'S', fields: [{ name: '__proto__', type: STRING }] };
    const [read] = new GobDecoder().push(new GobEncoder().encode(type, { toString: 'x' })) as [GobStruct];
    expect(Object.getPrototypeOf(read)).toBeNull();
    const value = Object.fromEntries([['__proto__', 'x']]); // a property of its own
    const [hostile] = new GobDecoder().push(new GobEncoder().encode(proto, value)) as [GobStruct];
    expect(Object.entries(hostile)).toEqual([['__proto__', 'x']]);
  });
});
