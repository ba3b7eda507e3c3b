/** Go's encoding/gob: types and values. https://pkg.go.dev/encoding/gob, section "Encoding Details". */

/** A type as a stream defines it. A struct's field names are its identity; the order is that of the definition. */
export type GobType =
  | { readonly kind: 'bool' | 'int' | 'uint' | 'float' | 'bytes' | 'string' | 'complex' | 'interface' }
  | { readonly kind: 'slice'; readonly name: string; readonly element: GobType }
  | { readonly kind: 'array'; readonly name: string; readonly element: GobType; readonly length: number }
  | { readonly kind: 'map'; readonly name: string; readonly key: GobType; readonly element: GobType }
  | { readonly kind: 'struct'; readonly name: string; readonly fields: readonly GobField[] };

export interface GobField {
  readonly name: string;
  readonly type: GobType;
}

/**
 * A value: integers beyond 2^53 are bigints, both kinds are taken; a struct is an object without prototype that lacks the fields
 * that are zero; an interface's nil is null.
 */
export type GobValue =
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | null
  | readonly GobValue[]
  | GobMap
  | GobInterface
  | GobStruct
  | GobComplex;

export type GobMap = ReadonlyMap<GobValue, GobValue>;
export interface GobStruct {
  readonly [field: string]: GobValue | undefined;
}

/** What an interface holds: a value and the name its type was registered by. One that is to be sent has the type too. */
export class GobInterface {
  readonly name: string;
  readonly value: GobValue;
  readonly type: GobType | undefined;

  constructor(name: string, value: GobValue, type?: GobType) {
    this.name = name;
    this.value = value;
    this.type = type;
  }
}

export class GobComplex {
  readonly real: number;
  readonly imaginary: number;

  constructor(real: number, imaginary: number) {
    this.real = real;
    this.imaginary = imaginary;
  }
}

export const BOOL: GobType = { kind: 'bool' };
export const INT: GobType = { kind: 'int' };
export const UINT: GobType = { kind: 'uint' };
export const FLOAT: GobType = { kind: 'float' };
export const BYTES: GobType = { kind: 'bytes' };
export const STRING: GobType = { kind: 'string' };
export const COMPLEX: GobType = { kind: 'complex' };
export const INTERFACE: GobType = { kind: 'interface' };

/** Ids that every stream knows. */
export const BASIC_IDS: ReadonlyMap<number, GobType> = new Map([
  [1, BOOL],
  [2, INT],
  [3, UINT],
  [4, FLOAT],
  [5, BYTES],
  [6, STRING],
  [7, COMPLEX],
  [8, INTERFACE],
]);

export const sliceOf = (element: GobType, name = ''): GobType => ({ kind: 'slice', name, element });
export const mapOf = (key: GobType, element: GobType, name = ''): GobType => ({ kind: 'map', name, key, element });
export const structOf = (name: string, fields: Readonly<Record<string, GobType>>): GobType => ({
  kind: 'struct',
  name,
  fields: Object.entries(fields).map(([field, type]) => ({ name: field, type })),
});

/** What is wrong with a stream. */
export class GobError extends Error {}
