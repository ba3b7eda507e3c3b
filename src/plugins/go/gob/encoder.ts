import { BASIC_IDS, GobComplex, GobError, GobInterface, type GobStruct, type GobType, type GobValue } from './types.ts';
import { counted, floatBytes, int, text, uint } from './writer.ts';

/** The first id for types of a stream's own; Go begins there too. */
const FIRST_ID = 65;
const DEEPEST = 50;

/**
 * One direction of a gob stream. A type is known by its identity: use the same object for the same type. Definitions that a
 * value needs go before it as messages of their own, also those of what its interfaces hold.
 */
export class GobEncoder {
  private readonly ids = new Map<GobType, number>();
  private nextId = FIRST_ID;

  /** The messages of one value. Throws `GobError` for a value that is not of the type; nothing is defined then. */
  encode(type: GobType, value: GobValue): Uint8Array {
    const known = this.nextId;
    try {
      const definitions: Uint8Array[] = [];
      const id = this.idOf(type, definitions);
      const body = this.single(type, value, definitions, 0);
      return Buffer.concat([...definitions, counted([int(id), ...body])]);
    } catch (error) {
      for (const [defined, id] of this.ids) if (id >= known) this.ids.delete(defined);
      this.nextId = known;
      throw error;
    }
  }

  private idOf(type: GobType, definitions: Uint8Array[]): number {
    for (const [id, { kind }] of BASIC_IDS) if (kind === type.kind) return id;
    const known = this.ids.get(type);
    if (known !== undefined) return known;
    const id = this.nextId++;
    this.ids.set(type, id);
    definitions.push(counted([int(-id), ...this.definition(type, id, definitions)]));
    return id;
  }

  /** A value of wireType: one field, of which the first field is the name and the id. */
  private definition(type: GobType, id: number, definitions: Uint8Array[]): Uint8Array[] {
    const of = (part: GobType) => int(this.idOf(part, definitions));
    const end = uint(0);
    const common = (name: string) => [uint(1), ...(name === '' ? [uint(2)] : [uint(1), text(name), uint(1)]), int(id), end];
    if (type.kind === 'array') return [uint(1), ...common(type.name), uint(1), of(type.element), uint(1), int(type.length), end, end];
    if (type.kind === 'slice') return [uint(2), ...common(type.name), uint(1), of(type.element), end, end];
    if (type.kind === 'map') return [uint(4), ...common(type.name), uint(1), of(type.key), uint(1), of(type.element), end, end];
    if (type.kind !== 'struct') throw new GobError(`type ${type.kind} needs no definition`);
    const fields = type.fields.flatMap((field) => [uint(1), text(field.name), uint(1), of(field.type), end]);
    return [uint(3), ...common(type.name), ...(fields.length > 0 ? [uint(1), uint(type.fields.length), ...fields] : []), end, end];
  }

  private single(type: GobType, value: GobValue, definitions: Uint8Array[], depth: number): Uint8Array[] {
    const body = this.value(type, value, definitions, depth);
    return type.kind === 'struct' ? body : [uint(0), ...body];
  }

  private value(type: GobType, value: GobValue, definitions: Uint8Array[], depth: number): Uint8Array[] {
    if (depth > DEEPEST) throw new GobError(`expected at most ${DEEPEST} values in one another`);
    const part = (of: GobType, of2: GobValue) => this.value(of, of2, definitions, depth + 1);
    switch (type.kind) {
      case 'struct':
        return this.struct(type.fields, value, definitions, depth);
      case 'interface':
        return this.interface(value, definitions, depth);
      case 'map':
        if (!(value instanceof Map)) throw mismatch('a map', value);
        return [uint(value.size), ...[...value].flatMap(([key, element]) => [...part(type.key, key), ...part(type.element, element)])];
      case 'slice':
      case 'array':
        if (!Array.isArray(value)) throw mismatch('a list', value);
        if (type.kind === 'array' && value.length !== type.length) throw mismatch(`${type.length} elements`, value.length);
        return [uint(value.length), ...value.flatMap((element: GobValue) => part(type.element, element))];
      default:
        return [basic(type.kind, value)];
    }
  }

  private struct(
    fields: readonly { name: string; type: GobType }[],
    value: GobValue,
    definitions: Uint8Array[],
    depth: number,
  ): Uint8Array[] {
    if (!isStruct(value)) throw mismatch('a struct', value);
    const parts: Uint8Array[] = [];
    let last = -1;
    for (const [index, { name, type }] of fields.entries()) {
      const field = value[name];
      if (field === undefined || isZero(field)) continue;
      parts.push(uint(index - last), ...this.value(type, field, definitions, depth + 1));
      last = index;
    }
    return [...parts, uint(0)];
  }

  private interface(value: GobValue, definitions: Uint8Array[], depth: number): Uint8Array[] {
    if (value === null) return [uint(0)];
    if (!(value instanceof GobInterface) || !value.type) throw mismatch('an interface with its type', value);
    const id = this.idOf(value.type, definitions);
    return [text(value.name), int(id), counted(this.single(value.type, value.value, definitions, depth + 1))];
  }
}

function basic(kind: GobType['kind'], value: GobValue): Uint8Array {
  if (kind === 'bool' && typeof value === 'boolean') return uint(value ? 1 : 0);
  if (kind === 'string' && typeof value === 'string') return text(value);
  if (kind === 'bytes' && value instanceof Uint8Array) return counted([value]);
  if (kind === 'float' && typeof value === 'number') return floatBytes(value);
  if (kind === 'complex' && value instanceof GobComplex) return Buffer.concat([floatBytes(value.real), floatBytes(value.imaginary)]);
  if (kind === 'int' && isWhole(value) && BigInt.asIntN(64, BigInt(value)) === BigInt(value)) return int(value);
  if (kind === 'uint' && isWhole(value) && BigInt.asUintN(64, BigInt(value)) === BigInt(value)) return uint(value);
  throw mismatch(`${kind === 'int' || kind === 'uint' ? 'an' : 'a'} ${kind}`, value);
}

const isWhole = (value: GobValue): value is number | bigint => typeof value === 'bigint' || Number.isSafeInteger(value);

/** A field of a struct that is left out: as Go, a list, a map or an interface that is empty too. */
function isZero(value: GobValue): boolean {
  if (Array.isArray(value) || value instanceof Uint8Array) return value.length === 0;
  if (value instanceof Map) return value.size === 0;
  if (value instanceof GobComplex) return value.real === 0 && value.imaginary === 0;
  return value === null || value === false || value === 0 || value === 0n || value === '';
}

function isStruct(value: GobValue): value is GobStruct {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && [null, Object.prototype].includes(Object.getPrototypeOf(value))
  );
}

function mismatch(expected: string, found: GobValue): GobError {
  return new GobError(`expected ${expected}, found ${found === null ? 'nothing' : typeof found}`);
}
