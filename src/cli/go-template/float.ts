/** Decimal and hexadecimal text of a float64 as strconv.FormatFloat gives it: https://pkg.go.dev/strconv#FormatFloat */

/** A finite number's decimal digits without trailing zeros, and where the point stands: 0.digits × 10^point. */
interface Decimal {
  digits: string;
  point: number;
}

/**
 * `verb` is one of e E f g G x X b. `precision` undefined asks for the fewest digits that read back as the same number
 * (for e, f and g) — for %e and %f callers pass 6, their default. The sign is shown for negative numbers only.
 */
export function formatFloat(value: number, verb: string, precision: number | undefined): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (!Number.isFinite(value)) return sign === '' ? '+Inf' : '-Inf';
  return sign + formatMagnitude(Math.abs(value), verb, precision);
}

function formatMagnitude(value: number, verb: string, precision: number | undefined): string {
  switch (verb) {
    case 'b':
      return formatBinary(value);
    case 'x':
      return formatHex(value, precision);
    case 'X':
      return formatHex(value, precision).toUpperCase();
    case 'f':
      return fixed(precision === undefined ? shortest(value) : roundAfterPoint(exact(value), precision), precision);
    case 'e':
    case 'E':
      return scientific(precision === undefined ? shortest(value) : round(exact(value), precision + 1), verb, precision);
    default:
      return general(value, verb === 'G' ? 'E' : 'e', precision);
  }
}

/** %g: scientific for exponents below -4 or at least the precision, which counts as 6 when none is given. */
function general(value: number, letter: 'e' | 'E', precision: number | undefined): string {
  const decimal = precision === undefined ? shortest(value) : round(exact(value), Math.max(precision, 1));
  const count = decimal.digits.length;
  let limit = precision === undefined ? 6 : Math.max(precision, 1);
  if (precision !== undefined && limit > count && count >= decimal.point) limit = count;
  const exponent = decimal.point - 1;
  if (exponent < -4 || exponent >= limit) return scientific(decimal, letter, Math.max(count - 1, 0));
  return fixed(decimal, Math.max(count - decimal.point, 0));
}

function shortest(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 };
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  return trim({ digits: mantissa.replace('.', ''), point: Number(exponent) + 1 });
}

/** Every digit of the number: a double is m × 2^e, so its decimal expansion ends. */
function exact(value: number): Decimal {
  if (value === 0) return { digits: '', point: 0 };
  const { mantissa, exponent } = parts(value);
  if (exponent >= 0) {
    const digits = (mantissa << BigInt(exponent)).toString();
    return trim({ digits, point: digits.length });
  }
  const digits = (mantissa * 5n ** BigInt(-exponent)).toString();
  return trim({ digits, point: digits.length + exponent });
}

/** value = mantissa × 2^exponent, the mantissa as IEEE 754 stores it. */
function parts(value: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const biased = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  return biased === 0 ? { mantissa: fraction, exponent: -1074 } : { mantissa: fraction | (1n << 52n), exponent: biased - 1075 };
}

function trim({ digits, point }: Decimal): Decimal {
  let end = digits.length;
  while (end > 0 && digits[end - 1] === '0') end -= 1;
  return { digits: digits.slice(0, end), point };
}

/** Half to even, to `count` digits. */
function round(decimal: Decimal, count: number): Decimal {
  const { digits, point } = decimal;
  if (count < 0) return { digits: '', point };
  if (count >= digits.length) return decimal;
  const next = digits.charAt(count);
  const isTie = next === '5' && count + 1 === digits.length;
  const isOdd = count > 0 && Number(digits.charAt(count - 1)) % 2 === 1;
  const up = isTie ? isOdd : next >= '5';
  if (!up) return trim({ digits: digits.slice(0, count), point });
  const raised = (BigInt(digits.slice(0, count) || '0') + 1n).toString();
  return trim({ digits: raised, point: point + (raised.length - count) });
}

function roundAfterPoint(decimal: Decimal, precision: number): Decimal {
  return round(decimal, decimal.point + precision);
}

/** `precision` undefined: as many digits as there are. */
function fixed({ digits, point }: Decimal, precision: number | undefined): string {
  const whole = point > 0 ? digits.slice(0, point).padEnd(point, '0') : '0';
  const fraction = point >= 0 ? digits.slice(point) : '0'.repeat(digits === '' ? 0 : -point) + digits;
  const padded = precision === undefined ? fraction : fraction.padEnd(precision, '0').slice(0, precision);
  return padded === '' ? whole : `${whole}.${padded}`;
}

function scientific({ digits, point }: Decimal, letter: string, precision: number | undefined): string {
  const exponent = digits === '' ? 0 : point - 1;
  const fraction = digits.slice(1).padEnd(precision ?? 0, '0');
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `${digits.charAt(0) || '0'}${fraction === '' ? '' : `.${fraction}`}${letter}${exponent < 0 ? '-' : '+'}${power}`;
}

/** %b: decimal mantissa and power of two. */
function formatBinary(value: number): string {
  const { mantissa, exponent } = parts(value);
  return `${mantissa}p${exponent < 0 ? '-' : '+'}${Math.abs(exponent)}`;
}

/** %x: 0x1.8p+01, the mantissa normalised, digits rounded half to even when a precision is given. */
function formatHex(value: number, precision: number | undefined): string {
  if (value === 0) return `0x0${precision ? `.${'0'.repeat(precision)}` : ''}p+00`;
  let { mantissa, exponent } = parts(value);
  while (mantissa < 1n << 52n) {
    mantissa <<= 1n;
    exponent -= 1;
  }
  exponent += 52;
  if (precision !== undefined && precision < 13) {
    const drop = BigInt(4 * (13 - precision));
    const rest = mantissa & ((1n << drop) - 1n);
    const half = 1n << (drop - 1n);
    mantissa >>= drop;
    if (rest > half || (rest === half && mantissa % 2n === 1n)) mantissa += 1n;
    mantissa <<= drop;
    if (mantissa >= 1n << 53n) {
      mantissa >>= 1n;
      exponent += 1;
    }
  }
  const hex = mantissa.toString(16).slice(1);
  const fraction = precision === undefined ? hex.replace(/0+$/, '') : hex.padEnd(precision, '0').slice(0, precision);
  const power = String(Math.abs(exponent)).padStart(2, '0');
  return `0x1${fraction === '' ? '' : `.${fraction}`}p${exponent < 0 ? '-' : '+'}${power}`;
}

/**
 * The `#` flag: a decimal point always, and for %g and %x the zeros a precision (6 unless given) asks for.
 * `text` is what formatFloat gave, without its sign.
 */
export function keepPoint(text: string, verb: string, precision: number | undefined): string {
  const [, digits = '', tail = ''] = /^(.*?)((?:[pP]|(?<!0[xX].*)[eE]).*)?$/.exec(text) ?? [];
  const significant = digits.replace('.', '').replace(/^0+/, '').length;
  const whole = digits.includes('.') ? digits : `${digits}.`;
  const wanted = 'gGx'.includes(verb) ? (precision ?? 6) - Math.max(significant, digits === '0' ? 1 : 0) : 0;
  return whole + '0'.repeat(Math.max(wanted, 0)) + tail;
}
