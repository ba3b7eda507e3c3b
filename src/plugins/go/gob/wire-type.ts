/** Type definitions, which gob sends as values of its own struct wireType. */
import type { ByteReader } from './reader.ts';
import { GobError } from './types.ts';

/** A definition as it stands in the stream: other types by id, which may be defined later. */
export type WireType =
  | { readonly kind: 'slice' | 'array'; readonly name: string; readonly element: number; readonly length: number }
  | { readonly kind: 'map'; readonly name: string; readonly key: number; readonly element: number }
  | { readonly kind: 'struct'; readonly name: string; readonly fields: readonly { readonly name: string; readonly id: number }[] }
  /** A type that encodes itself: its bytes are taken as they are. */
  | { readonly kind: 'opaque'; readonly name: string };

/** Fields of wireType by number; 5 to 7 are GobEncoder, BinaryMarshaler, TextMarshaler. */
const KINDS = ['', 'array', 'slice', 'struct', 'map', 'opaque', 'opaque', 'opaque'] as const;
const MOST_FIELDS = 10_000;

export function readWireType(reader: ByteReader): WireType {
  let found: WireType | undefined;
  eachField(reader, (number) => {
    const kind = KINDS[number];
    if (!kind || found) throw new GobError(`expected one kind of type, found field ${number} of wireType`);
    found = readKind(reader, kind);
  });
  if (!found) throw new GobError('expected a kind of type, found none');
  return found;
}

function readKind(reader: ByteReader, kind: 'array' | 'slice' | 'struct' | 'map' | 'opaque'): WireType {
  let name = '';
  const ids = [0, 0, 0, 0]; // by field number
  let fields: { name: string; id: number }[] = [];
  eachField(reader, (number) => {
    if (number === 1) name = readNameAndId(reader).name;
    else if (kind === 'struct' && number === 2) fields = readFields(reader);
    else if (number <= 3 && kind !== 'struct' && kind !== 'opaque') ids[number] = reader.smallInt();
    else throw new GobError(`expected the definition of a ${kind}, found field ${number}`);
  });
  const [, , second = 0, third = 0] = ids;
  if (kind === 'struct') return { kind, name, fields };
  if (kind === 'map') return { kind, name, key: second, element: third };
  return kind === 'opaque' ? { kind, name } : { kind, name, element: second, length: third };
}

function readFields(reader: ByteReader): { name: string; id: number }[] {
  const count = reader.small();
  if (count > MOST_FIELDS) throw new GobError(`expected at most ${MOST_FIELDS} fields, found ${count}`);
  return Array.from({ length: count }, () => readNameAndId(reader));
}

function readNameAndId(reader: ByteReader): { name: string; id: number } {
  const read = { name: '', id: 0 };
  eachField(reader, (number) => {
    if (number === 1) read.name = reader.text();
    else if (number === 2) read.id = reader.smallInt();
    else throw new GobError(`expected a name and an id, found field ${number}`);
  });
  return read;
}

/** Fields of a struct: each has its distance from the one before, 0 ends them. */
export function eachField(reader: ByteReader, read: (number: number) => void): void {
  let number = 0;
  for (let distance = reader.small(); distance !== 0; distance = reader.small()) {
    number += distance;
    read(number);
  }
}
