/** Numbers and texts as gob writes them; see `ByteReader`. */

export function uint(value: number | bigint): Uint8Array {
  if (value < 128) return Uint8Array.of(Number(value));
  const digits = value.toString(16);
  const bytes = Buffer.from(digits.length % 2 ? `0${digits}` : digits, 'hex');
  return Buffer.concat([Uint8Array.of(256 - bytes.length), bytes]);
}

export function int(value: number | bigint): Uint8Array {
  const whole = BigInt(value);
  return uint(whole < 0n ? (~whole << 1n) | 1n : whole << 1n);
}

/** Bytes with their count before them. */
export function counted(parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([uint(length), ...parts]);
}

export const text = (value: string): Uint8Array => counted([Buffer.from(value)]);

export function floatBytes(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value, false);
  return uint(view.getBigUint64(0, true));
}
