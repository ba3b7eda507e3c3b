/** Number constants of a template: Go's literals, without imaginary ones, which no template of ours has a use for. */

const INTEGER = /^([+-]?)(0[xX](?:_?[0-9a-fA-F])+|0[bB](?:_?[01])+|0[oO]?(?:_?[0-7])+|0|[1-9](?:_?[0-9])*)$/;
const DECIMAL_FLOAT = /^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;
const HEX_FLOAT = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?[0-9]+)$/;
const MIN_INT = -(2n ** 63n);
const MAX_INT = 2n ** 63n - 1n;

/** `problem` is in Go's words. An integer literal gives a bigint, also one too large for an int. */
export function parseNumber(literal: string): { value: bigint | number } | { problem: string } {
  const integer = INTEGER.exec(literal);
  if (integer) {
    const value = parseInteger(integer[1] === '-', (integer[2] ?? '').replaceAll('_', ''));
    if (value >= MIN_INT && value < 2n ** 64n) return { value };
  }
  const float = parseFloat64(literal);
  if (float === undefined || !Number.isFinite(float)) return { problem: `illegal number syntax: "${literal}"` };
  if (!/[.eEpP]/.test(literal)) return { problem: `integer overflow: "${literal}"` };
  return { value: float };
}

/** True for what fits an int of Go on a 64-bit machine. */
export function fitsInt(value: bigint): boolean {
  return value >= MIN_INT && value <= MAX_INT;
}

function parseInteger(negative: boolean, digits: string): bigint {
  const octal = /^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits;
  const value = BigInt(octal.toLowerCase());
  return negative ? -value : value;
}

function parseFloat64(literal: string): number | undefined {
  if (DECIMAL_FLOAT.test(literal)) return Number(literal);
  const hex = HEX_FLOAT.exec(literal);
  if (!hex) return undefined;
  const [, sign, whole = '', fraction = '', exponent = '0'] = hex;
  if (whole + fraction === '') return undefined;
  const mantissa = Number(BigInt(`0x${whole}${fraction}`));
  return (sign === '-' ? -1 : 1) * mantissa * 2 ** (Number(exponent) - 4 * fraction.length);
}
