import { GobError } from './types.ts';

/** The bytes of one message and a place in them. Reading past the end throws `GobError`. */
export class ByteReader {
  private readonly bytes: Uint8Array;
  private at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(length: number): Uint8Array {
    if (length > this.left) throw new GobError(`expected ${length} bytes, found ${this.left}`);
    const taken = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return taken;
  }

  /** Unsigned: one byte below 128, else the count of big-endian bytes that follow, negated. */
  uint(): bigint {
    const first = this.take(1)[0] ?? 0;
    if (first < 128) return BigInt(first);
    const length = 256 - first;
    if (length > 8) throw new GobError(`expected an integer of at most 8 bytes, found ${length}`);
    let value = 0n;
    for (const byte of this.take(length)) value = (value << 8n) | BigInt(byte);
    return value;
  }

  /** Signed: bit 0 says whether the others are complemented. */
  int(): bigint {
    const raw = this.uint();
    return raw & 1n ? ~(raw >> 1n) : raw >> 1n;
  }

  /** A length, a count, a type id: never above what a message may hold. */
  small(): number {
    return small(this.uint());
  }

  smallInt(): number {
    return small(this.int());
  }

  counted(): Uint8Array {
    return this.take(this.small());
  }

  text(): string {
    return new TextDecoder().decode(this.counted());
  }

  /** An IEEE 754 number with its bytes turned around, so that short numbers are short. */
  float(): number {
    const view = new DataView(new ArrayBuffer(8));
    view.setBigUint64(0, this.uint(), true);
    return view.getFloat64(0, false);
  }
}

function small(value: bigint): number {
  if (value > 0x7fff_ffffn || value < -0x7fff_ffffn) throw new GobError(`expected a length or an id, found ${value}`);
  return Number(value);
}

/** A number where it can be one exactly. */
export function exact(value: bigint): number | bigint {
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
}
