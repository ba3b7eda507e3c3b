import { ByteReader, exact } from './reader.ts';
import { BASIC_IDS, GobComplex, GobError, GobInterface, type GobType, type GobValue } from './types.ts';
import { eachField, readWireType, type WireType } from './wire-type.ts';

/** Limits for a stream that does not mean well. */
export interface GobLimits {
  /** Bytes of a value, its type definitions included. */
  readonly bytes: number;
  readonly messages: number;
  readonly types: number;
  readonly depth: number;
}

const LIMITS: GobLimits = { bytes: 16 << 20, messages: 100, types: 1000, depth: 50 };

/** The value goes on in a message that has not come yet. */
class Unfinished extends Error {}

/**
 * One direction of a gob stream. Bytes go in as they come, whole values come out. After a `GobError` the stream is of no use.
 */
export class GobDecoder {
  private readonly limits: GobLimits;
  private readonly types = new Map<number, WireType>();
  /** Bytes that are no whole message yet. */
  private rest: Uint8Array = new Uint8Array();
  /** Whole messages of a value that is not complete yet. */
  private messages: Uint8Array[] = [];
  private held = 0;

  constructor(limits: Partial<GobLimits> = {}) {
    this.limits = { ...LIMITS, ...limits };
  }

  /** Gives the values that are whole by now. */
  push(chunk: Uint8Array): GobValue[] {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const values: GobValue[] = [];
    for (let message = this.nextMessage(); message; message = this.nextMessage()) {
      this.messages.push(message);
      this.held += message.length;
      if (this.held > this.limits.bytes || this.messages.length > this.limits.messages)
        throw new GobError(`expected a value of at most ${this.limits.bytes} bytes in ${this.limits.messages} messages`);
      const value = this.tryValue();
      if (value === undefined) continue;
      values.push(value);
      this.messages = [];
      this.held = 0;
    }
    return values;
  }

  /** Whether the stream may end here. */
  get between(): boolean {
    return this.rest.length === 0 && this.messages.length === 0;
  }

  private nextMessage(): Uint8Array | undefined {
    const [first] = this.rest;
    if (first === undefined || (first >= 248 && this.rest.length < 257 - first)) return undefined; // of 8 bytes at most
    const reader = new ByteReader(this.rest);
    const length = reader.small();
    if (length > this.limits.bytes) throw new GobError(`expected a message of at most ${this.limits.bytes} bytes, found ${length}`);
    if (reader.left < length) return undefined;
    const message = reader.take(length);
    this.rest = this.rest.subarray(this.rest.length - reader.left);
    return message;
  }

  private tryValue(): GobValue | undefined {
    try {
      return new ValueReader(this.messages, this.types, this.limits).top();
    } catch (error) {
      if (error instanceof Unfinished) return undefined;
      throw error;
    }
  }
}

/** Reads one value anew from its first message: what it defines on the way counts when it is whole. */
class ValueReader {
  private readonly messages: readonly Uint8Array[];
  private readonly types: Map<number, WireType>;
  private readonly defined = new Map<number, WireType>();
  private readonly limits: GobLimits;
  private reader = new ByteReader(new Uint8Array());
  private next = 0;

  constructor(messages: readonly Uint8Array[], types: Map<number, WireType>, limits: GobLimits) {
    this.messages = messages;
    this.types = types;
    this.limits = limits;
  }

  top(): GobValue {
    const value = this.single(this.typeSequence(), 0);
    if (this.reader.left > 0) throw new GobError(`expected the end of a value, found ${this.reader.left} bytes more`);
    for (const [id, type] of this.defined) this.types.set(id, type);
    return value;
  }

  /** Definitions, and the id of the type of the value behind them. A definition ends its message, wherever the value stands. */
  private typeSequence(): number {
    for (let inMessage = this.reader.left > 0; ; inMessage = this.reader.left > 0) {
      if (!inMessage) this.nextMessage();
      const id = this.reader.smallInt();
      if (id >= 0) return id;
      this.define(-id);
      if (this.reader.left > 0) this.reader.uint(); // inside of an interface inside of an interface: the length of what follows
    }
  }

  private nextMessage(): void {
    const message = this.messages[this.next++];
    if (!message) throw new Unfinished();
    this.reader = new ByteReader(message);
  }

  private define(id: number): void {
    if (BASIC_IDS.has(id) || this.types.has(id) || this.defined.has(id)) throw new GobError(`expected a new type, found type ${id} again`);
    if (this.types.size + this.defined.size >= this.limits.types) throw new GobError(`expected at most ${this.limits.types} types`);
    this.defined.set(id, readWireType(this.reader));
  }

  /** A value that is no part of another one: what is no struct has a zero before it. */
  private single(id: number, depth: number): GobValue {
    if (this.typeOf(id)?.kind !== 'struct' && this.reader.uint() !== 0n) throw new GobError('expected the zero before a value');
    return this.value(id, depth);
  }

  private typeOf(id: number): WireType | undefined {
    return this.types.get(id) ?? this.defined.get(id);
  }

  private value(id: number, depth: number): GobValue {
    if (depth > this.limits.depth) throw new GobError(`expected at most ${this.limits.depth} values in one another`);
    const basic = BASIC_IDS.get(id);
    return basic ? this.basic(basic, depth) : this.composed(id, depth);
  }

  private basic({ kind }: GobType, depth: number): GobValue {
    const { reader } = this;
    if (kind === 'bool') return reader.uint() !== 0n;
    if (kind === 'int') return exact(reader.int());
    if (kind === 'uint') return exact(reader.uint());
    if (kind === 'float') return reader.float();
    if (kind === 'bytes') return Uint8Array.from(reader.counted());
    if (kind === 'string') return reader.text();
    return kind === 'complex' ? new GobComplex(reader.float(), reader.float()) : this.interface(depth);
  }

  private interface(depth: number): GobInterface | null {
    const name = this.reader.text();
    if (name === '') return null;
    const id = this.typeSequence();
    this.reader.small();
    return new GobInterface(name, this.single(id, depth + 1));
  }

  private composed(id: number, depth: number): GobValue {
    const type = this.typeOf(id);
    if (!type) throw new GobError(`expected a type that was defined, found ${id}`);
    if (type.kind === 'opaque') return Uint8Array.from(this.reader.counted());
    if (type.kind === 'struct') {
      const fields: Record<string, GobValue> = Object.create(null);
      eachField(this.reader, (number) => {
        const field = type.fields[number - 1];
        if (!field) throw new GobError(`expected one of ${type.fields.length} fields of ${type.name}, found field ${number}`);
        fields[field.name] = this.value(field.id, depth + 1);
      });
      return fields;
    }
    const count = this.reader.small();
    if (type.kind === 'map') {
      const map = new Map<GobValue, GobValue>();
      for (let read = 0; read < count; read++) map.set(this.value(type.key, depth + 1), this.value(type.element, depth + 1));
      return map;
    }
    const list: GobValue[] = []; // not of `count` from the start: that is only what the sender says
    for (let read = 0; read < count; read++) list.push(this.value(type.element, depth + 1));
    return list;
  }
}
