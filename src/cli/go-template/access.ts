/** index, slice and len of text/template: https://pkg.go.dev/text/template#hdr-Functions. Strings are counted in bytes. */
import { FunctionError } from './errors.ts';
import {
  type ConcreteValue,
  entryOf,
  type GoValue,
  goByte,
  goSlice,
  goString,
  type InvalidValue,
  indirect,
  itemAt,
  NIL_INTERFACE,
  typeName,
  unwrapInterface,
} from './value.ts';

/** `index x 1 2` is x[1][2]; a key a map does not have gives nil. Throws FunctionError. */
export function index(container: GoValue, indexes: readonly GoValue[]): GoValue {
  let item: GoValue = unwrapInterface(container);
  if (item.kind === 'invalid') throw new FunctionError('index of untyped nil');
  for (const each of indexes) {
    const target = indirect(item);
    if (target.isNil) throw new FunctionError('index of nil pointer');
    item = element(target.value, unwrapInterface(each));
  }
  return item;
}

function element(container: GoValue, key: ConcreteValue | InvalidValue): GoValue {
  switch (container.kind) {
    case 'slice': {
      const at = position(key, container.items.length);
      if (at === container.items.length) throw new FunctionError('reflect: slice index out of range');
      return itemAt(container, at);
    }
    case 'string': {
      const bytes = Buffer.from(container.value);
      const byte = bytes[position(key, bytes.length)];
      if (byte === undefined) throw new FunctionError('reflect: string index out of range');
      return goByte(byte);
    }
    case 'map': {
      if (key.kind === 'invalid') throw new FunctionError('value is nil; should be of type string');
      if (key.kind !== 'string') throw new FunctionError(`value has type ${typeName(key)}; should be string`);
      const entry = entryOf(container, key.value);
      return entry.kind === 'invalid' ? NIL_INTERFACE : entry;
    }
    case 'invalid':
      throw new FunctionError('index of untyped nil');
    default:
      throw new FunctionError(`can't index item of type ${typeName(container)}`);
  }
}

function position(key: GoValue, limit: number): number {
  if (key.kind === 'invalid') throw new FunctionError('cannot index slice/array with nil');
  if (key.kind !== 'int' && key.kind !== 'uint') throw new FunctionError(`cannot index slice/array with type ${typeName(key)}`);
  if (key.value < 0n || key.value > BigInt(limit)) throw new FunctionError(`index out of range: ${key.value}`);
  return Number(key.value);
}

/** `slice x 1 2` is x[1:2]; a third index would be the capacity. Throws FunctionError. */
export function slice(container: GoValue, indexes: readonly GoValue[]): GoValue {
  const item = unwrapInterface(container);
  if (item.kind === 'invalid') throw new FunctionError('slice of untyped nil');
  const target = indirect(item);
  if (target.isNil) throw new FunctionError('slice of nil pointer');
  if (indexes.length > 3) throw new FunctionError(`too many slice indexes: ${indexes.length}`);
  if (target.value.kind === 'string') {
    if (indexes.length === 3) throw new FunctionError('cannot 3-index slice a string');
    const bytes = Buffer.from(target.value.value);
    return goString(bytes.subarray(...bounds(indexes, bytes.length)).toString());
  }
  if (target.value.kind !== 'slice') {
    throw new FunctionError(`can't slice item of type ${target.value.kind === 'invalid' ? 'nil' : typeName(target.value)}`);
  }
  const { elementType, items } = target.value;
  return goSlice(elementType, items.slice(...bounds(indexes, items.length)));
}

function bounds(indexes: readonly GoValue[], length: number): [number, number] {
  const [low = 0, high = length, capacity = Number.POSITIVE_INFINITY] = indexes.map((each) => position(each, length));
  if (low > high) throw new FunctionError(`invalid slice index: ${low} > ${high}`);
  if (high > capacity) throw new FunctionError(`invalid slice index: ${high} > ${capacity}`);
  return [low, high];
}

/** Throws FunctionError for what has no length. */
export function length(item: GoValue): number {
  const { value, isNil } = indirect(item);
  if (isNil) throw new FunctionError('len of nil pointer');
  switch (value.kind) {
    case 'slice':
      return value.items.length;
    case 'map':
      return Object.keys(value.source).length;
    case 'string':
      return Buffer.byteLength(value.value);
    case 'invalid':
      throw new FunctionError('reflect: call of reflect.Value.Type on zero Value');
    default:
      throw new FunctionError(`len of type ${typeName(value)}`);
  }
}
