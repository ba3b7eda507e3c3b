/**
 * Values as Go's reflect package sees them, because text/template shows types in its errors and chooses by kind:
 * what comes out of a JSON map is an `interface {}` that holds something, a number of JSON is a float64, a literal an int.
 */

const GO_VALUE: unique symbol = Symbol('go value');

interface Base {
  readonly [GO_VALUE]: true;
}

export interface InvalidValue extends Base {
  readonly kind: 'invalid';
}
export interface InterfaceValue extends Base {
  readonly kind: 'interface';
  /** Null is a nil interface: what a JSON null becomes. */
  readonly element: ConcreteValue | null;
}
export interface BoolValue extends Base {
  readonly kind: 'bool';
  readonly value: boolean;
}
export interface IntegerValue extends Base {
  readonly kind: 'int' | 'uint';
  readonly type: string;
  readonly value: bigint;
  /** Methods without arguments; one called `String` makes it a Stringer. */
  readonly methods: Readonly<Record<string, () => unknown>>;
}
export interface FloatValue extends Base {
  readonly kind: 'float';
  readonly value: number;
}
export interface StringValue extends Base {
  readonly kind: 'string';
  readonly value: string;
}
export interface SliceValue extends Base {
  readonly kind: 'slice';
  /** Go's type of the elements, `interface {}` for JSON arrays. */
  readonly elementType: string;
  readonly items: readonly unknown[];
}
export interface MapValue extends Base {
  readonly kind: 'map';
  readonly source: Readonly<Record<string, unknown>>;
}
export interface StructValue extends Base {
  readonly kind: 'struct';
  readonly type: string;
  readonly fields: Readonly<Record<string, unknown>>;
}
export interface PointerValue extends Base {
  readonly kind: 'pointer';
  readonly type: string;
  readonly element: StructValue | null;
}

export type ConcreteValue = BoolValue | IntegerValue | FloatValue | StringValue | SliceValue | MapValue | StructValue | PointerValue;
export type GoValue = ConcreteValue | InterfaceValue | InvalidValue;

/** reflect.Value{}: what a missing map key gives; prints `<no value>`. */
export const INVALID: InvalidValue = { [GO_VALUE]: true, kind: 'invalid' };
export const NIL_INTERFACE: InterfaceValue = { [GO_VALUE]: true, kind: 'interface', element: null };

export const goBool = (value: boolean): BoolValue => ({ [GO_VALUE]: true, kind: 'bool', value });
export const goString = (value: string): StringValue => ({ [GO_VALUE]: true, kind: 'string', value });
export const goFloat = (value: number): FloatValue => ({ [GO_VALUE]: true, kind: 'float', value });
export const goByte = (value: number): IntegerValue => ({
  [GO_VALUE]: true,
  kind: 'uint',
  type: 'uint8',
  value: BigInt(value),
  methods: {},
});

/** An int, or a named integer type such as `state.State` with its methods. */
export function goInt(value: bigint | number, type = 'int', methods: IntegerValue['methods'] = {}): IntegerValue {
  return { [GO_VALUE]: true, kind: 'int', type, value: BigInt(value), methods };
}

export function goSlice(elementType: string, items: readonly unknown[]): SliceValue {
  return { [GO_VALUE]: true, kind: 'slice', elementType, items };
}

/** A struct; `type` is how errors name it (`commands.HostListItem`), fields in the order Go prints them. */
export function goStruct(type: string, fields: Readonly<Record<string, unknown>>): StructValue {
  return { [GO_VALUE]: true, kind: 'struct', type, fields };
}

/** A pointer to a struct, or a nil one: a field of a nil pointer is an error, not `<no value>`. */
export function goPointer(type: string, fields: Readonly<Record<string, unknown>> | null): PointerValue {
  return { [GO_VALUE]: true, kind: 'pointer', type: `*${type}`, element: fields && goStruct(type, fields) };
}

function goMap(source: Readonly<Record<string, unknown>>): MapValue {
  return { [GO_VALUE]: true, kind: 'map', source };
}

export function isGoValue(value: unknown): value is GoValue {
  return typeof value === 'object' && value !== null && (value as Partial<Base>)[GO_VALUE] === true;
}

/** What reflect.ValueOf gives for the same thing in Go, reading objects as `map[string]interface {}` as encoding/json does. */
export function goValue(value: unknown): GoValue {
  if (isGoValue(value)) return value;
  switch (typeof value) {
    case 'boolean':
      return goBool(value);
    case 'number':
      return goFloat(value);
    case 'bigint':
      return goInt(value);
    case 'string':
      return goString(value);
    case 'object':
      if (value === null) return INVALID;
      return Array.isArray(value) ? goSlice('interface {}', value) : goMap(value as Record<string, unknown>);
    default:
      return INVALID;
  }
}

/** An element of a JSON container: the interface that holds it, or the value itself where Go's type says more. */
function elementOf(value: unknown, elementType: string): GoValue {
  const concrete = goValue(value);
  if (elementType !== 'interface {}') return concrete;
  if (concrete.kind === 'interface') return concrete;
  return { [GO_VALUE]: true, kind: 'interface', element: concrete.kind === 'invalid' ? null : concrete };
}

export const itemAt = (slice: SliceValue, index: number): GoValue => elementOf(slice.items[index], slice.elementType);

/** INVALID for a key the map does not have. */
export function entryOf(map: MapValue, key: string): GoValue {
  return Object.hasOwn(map.source, key) ? elementOf(map.source[key], 'interface {}') : INVALID;
}

/** Keys in Go's order: by bytes of UTF-8, which is by code point. */
export function sortedKeys(source: Readonly<Record<string, unknown>>): string[] {
  return Object.keys(source).sort(compareBytes);
}

export function compareBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

/** The type as `%T` shows it. */
export function typeName(value: Exclude<GoValue, InvalidValue>): string {
  switch (value.kind) {
    case 'interface':
      return 'interface {}';
    case 'bool':
    case 'string':
      return value.kind;
    case 'float':
      return 'float64';
    case 'slice':
      return `[]${value.elementType}`;
    case 'map':
      return 'map[string]interface {}';
    default:
      return value.type;
  }
}

/** The value an interface holds, INVALID for a nil one; anything else unchanged. */
export function unwrapInterface(value: GoValue): ConcreteValue | InvalidValue {
  return value.kind === 'interface' ? (value.element ?? INVALID) : value;
}

/** Follows interfaces and pointers; a nil one on the way is returned itself. */
export function indirect(value: GoValue): { value: GoValue; isNil: boolean } {
  let current = value;
  while (current.kind === 'interface' || current.kind === 'pointer') {
    if (current.element === null) return { value: current, isNil: true };
    current = current.element;
  }
  return { value: current, isNil: false };
}

/** "The empty values are false, 0, any nil pointer or interface value, and any array, slice, map, or string of length zero." */
export function isTrue(value: GoValue): boolean {
  const concrete = unwrapInterface(value);
  switch (concrete.kind) {
    case 'invalid':
      return false;
    case 'bool':
      return concrete.value;
    case 'int':
    case 'uint':
      return concrete.value !== 0n;
    case 'float':
      return concrete.value !== 0;
    case 'string':
      return concrete.value !== '';
    case 'slice':
      return concrete.items.length > 0;
    case 'map':
      return Object.keys(concrete.source).length > 0;
    case 'struct':
      return true;
    case 'pointer':
      return concrete.element !== null;
  }
}

/** Back to plain data, for functions written in plain TypeScript. Integers beyond 2^53 stay bigint. */
export function plain(value: GoValue): unknown {
  switch (value.kind) {
    case 'invalid':
      return null;
    case 'interface':
    case 'pointer':
      return value.element === null ? null : plain(value.element);
    case 'int':
    case 'uint':
      return Number.isSafeInteger(Number(value.value)) ? Number(value.value) : value.value;
    case 'slice':
      return value.items.map((item) => plain(goValue(item)));
    case 'map':
      return plainFields(value.source);
    case 'struct':
      return plainFields(value.fields);
    default:
      return value.value;
  }
}

function plainFields(source: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(source).map(([key, field]) => [key, plain(goValue(field))]));
}
