/** Values printed by the verbs of Go's fmt: https://pkg.go.dev/fmt#hdr-Printing */
import { formatFloat, keepPoint } from './float.ts';
import { characterOf, isPrintable, quote, quoteCharacter } from './quote.ts';
import {
  entryOf,
  type GoValue,
  goInt,
  goValue,
  type IntegerValue,
  itemAt,
  type PointerValue,
  sortedKeys,
  typeName,
  unwrapInterface,
} from './value.ts';

export interface Flags {
  minus?: boolean;
  plus?: boolean;
  sharp?: boolean;
  space?: boolean;
  zero?: boolean;
  width?: number | undefined;
  precision?: number | undefined;
  /** `%+v` and `%#v`, which take the flag for themselves. */
  plusV?: boolean;
  sharpV?: boolean;
}

/** One value printed with one verb. Never throws: what a verb cannot print says so, as `%!d(string=hi)`. */
export function printVerb(value: GoValue, verb: string, flags: Flags): string {
  return new Printer(verb, flags).top(value);
}

class Printer {
  readonly #verb: string;
  readonly #flags: Flags;
  /** Inside a `%!…` text, where Stringers are not asked. */
  readonly #isError: boolean;

  constructor(verb: string, flags: Flags, isError = false) {
    this.#verb = verb;
    this.#flags = flags;
    this.#isError = isError;
  }

  top(value: GoValue): string {
    const isNil = value.kind === 'invalid' || (value.kind === 'interface' && value.element === null);
    if (isNil) return this.#verb === 'v' || this.#verb === 'T' ? this.#pad('<nil>') : this.#bad(value);
    if (this.#verb === 'T') return this.#string(typeName(value.kind === 'interface' ? (value.element ?? value) : value), 's');
    if (this.#verb === 'p') return this.#bad(value);
    return this.#value(value, 0);
  }

  #bad(value: GoValue): string {
    const target = unwrapInterface(value);
    if (target.kind === 'invalid') return `%!${this.#verb}(<nil>)`;
    return `%!${this.#verb}(${typeName(target)}=${new Printer('v', this.#flags, true).#value(target, 0)})`;
  }

  #value(value: GoValue, depth: number): string {
    switch (value.kind) {
      case 'invalid':
        return this.#verb === 'v' ? '<nil>' : this.#bad(value);
      case 'interface':
        return value.element ? this.#value(value.element, depth + 1) : this.#nilInterface();
      case 'bool':
        return this.#verb === 'v' || this.#verb === 't' ? this.#pad(String(value.value)) : this.#bad(value);
      case 'int':
      case 'uint':
        return this.#stringer(value) ?? this.#integer(value);
      case 'float':
        return this.#float(value);
      case 'string':
        return this.#string(value.value, this.#verb) ?? this.#bad(value);
      default:
        return this.#composite(value, depth);
    }
  }

  #nilPointer(value: PointerValue): string {
    if (this.#flags.sharpV) return `(${value.type})(nil)`;
    if (this.#verb === 'v') return this.#pad('<nil>');
    return 'bodxX'.includes(this.#verb) ? this.#integer(goInt(0)) : this.#bad(value);
  }

  #nilInterface(): string {
    return this.#flags.sharpV ? 'interface {}(nil)' : '<nil>';
  }

  #stringer(value: IntegerValue): string | undefined {
    const method = value.methods.String;
    if (!method || this.#isError || this.#flags.sharpV || !'vsxXq'.includes(this.#verb)) return undefined;
    return this.#string(String(method()), this.#verb);
  }

  #composite(value: GoValue & { kind: 'slice' | 'map' | 'struct' | 'pointer' }, depth: number): string {
    const { sharpV } = this.#flags;
    if (value.kind === 'pointer') {
      if (value.element === null) return this.#nilPointer(value);
      return depth === 0 ? `&${this.#value(value.element, depth + 1)}` : this.#pad('0xc000000000');
    }
    const items = this.#items(value, depth + 1);
    if (sharpV) return `${typeName(value)}{${items.join(', ')}}`;
    if (value.kind === 'struct') return `{${items.join(' ')}}`;
    return `${value.kind === 'map' ? 'map' : ''}[${items.join(' ')}]`;
  }

  #items(value: GoValue & { kind: 'slice' | 'map' | 'struct' }, depth: number): string[] {
    const { sharpV, plusV } = this.#flags;
    if (value.kind === 'slice') return value.items.map((_, index) => this.#value(itemAt(value, index), depth));
    if (value.kind === 'struct') {
      return Object.entries(value.fields).map(([name, field]) => (plusV || sharpV ? `${name}:` : '') + this.#value(goValue(field), depth));
    }
    const keys = sortedKeys(value.source);
    return keys.map((key) => `${this.#string(key, this.#verb) ?? this.#bad(goValue(key))}:${this.#value(entryOf(value, key), depth)}`);
  }

  /** Left or right to the width, with zeros only where they stand to the left. */
  #pad(text: string, zero = this.#flags.zero === true): string {
    const { width = 0 } = this.#flags;
    const missing = width > 0 ? width - [...text].length : 0;
    if (missing <= 0) return text;
    if (this.#flags.minus) return text + ' '.repeat(missing);
    return (zero ? '0' : ' ').repeat(missing) + text;
  }

  #string(text: string, verb: 's' | 'v'): string;
  #string(text: string, verb: string): string | undefined;
  #string(text: string, verb: string): string | undefined {
    const { precision, plus = false, sharp = false, sharpV = false } = this.#flags;
    if (verb === 'x' || verb === 'X') return this.#hexBytes(text, verb);
    const shown = precision === undefined ? text : [...text].slice(0, precision).join('');
    if (verb === 'q' || (verb === 'v' && sharpV)) {
      const canBackquote = sharp && !/[`\ufeff]|(?!\t)\p{Cc}/u.test(shown);
      return this.#pad(canBackquote ? `\`${shown}\`` : quote(shown, plus));
    }
    return verb === 's' || verb === 'v' ? this.#pad(shown) : undefined;
  }

  #hexBytes(text: string, verb: 'x' | 'X'): string {
    const { precision, sharp, space } = this.#flags;
    const bytes = [...Buffer.from(text).subarray(0, precision)].map((byte) => byte.toString(16).padStart(2, '0'));
    const prefix = sharp && bytes.length > 0 ? '0x' : '';
    const joined = space ? bytes.map((byte) => prefix + byte).join(' ') : prefix + bytes.join('');
    return this.#pad(verb === 'X' ? joined.toUpperCase() : joined);
  }

  #integer(value: IntegerValue): string {
    const { sharpV, sharp } = this.#flags;
    switch (this.#verb) {
      case 'v':
        return sharpV && value.kind === 'uint' ? `0x${value.value.toString(16)}` : this.#digits(value.value, 10, '');
      case 'd':
        return this.#digits(value.value, 10, '');
      case 'b':
        return this.#digits(value.value, 2, sharp ? '0b' : '');
      case 'o':
        return this.#digits(value.value, 8, sharp ? '0' : '');
      case 'O':
        return this.#digits(value.value, 8, '0o');
      case 'x':
        return this.#digits(value.value, 16, sharp ? '0x' : '');
      case 'X':
        return this.#digits(value.value, 16, sharp ? '0X' : '').replace(/[a-f]/g, (letter) => letter.toUpperCase());
      case 'c':
        return this.#pad(characterOf(BigInt.asUintN(64, value.value)));
      case 'q':
        return this.#pad(quoteCharacter(BigInt.asUintN(64, value.value), this.#flags.plus));
      case 'U':
        return this.#unicode(BigInt.asUintN(64, value.value));
      default:
        return this.#bad(value);
    }
  }

  #digits(value: bigint, base: number, prefix: string): string {
    const { precision, width, plus, space, zero, minus } = this.#flags;
    if (precision === 0 && value === 0n) return this.#pad('', false);
    const sign = value < 0n ? '-' : plus ? '+' : space ? ' ' : '';
    const count = precision ?? (zero && !minus && width !== undefined ? width - sign.length : 0);
    const digits = (value < 0n ? -value : value).toString(base).padStart(count, '0');
    const shownPrefix = prefix === '0' && digits.startsWith('0') ? '' : prefix;
    return this.#pad(sign + shownPrefix + digits, false);
  }

  #unicode(code: bigint): string {
    const { precision = 4, sharp } = this.#flags;
    const name = `U+${code.toString(16).toUpperCase().padStart(Math.max(precision, 4), '0')}`;
    const isShown = sharp && code <= 0x10ffffn && isPrintable(characterOf(code));
    return this.#pad(isShown ? `${name} '${characterOf(code)}'` : name, false);
  }

  #float(value: GoValue & { kind: 'float' }): string {
    const { precision, plus, space, sharp, zero, minus, width = 0 } = this.#flags;
    if (!'vbgGxXfFeE'.includes(this.#verb)) return this.#bad(value);
    const verb = this.#verb === 'v' ? 'g' : this.#verb === 'F' ? 'f' : this.#verb;
    const digits = formatFloat(value.value, verb, precision ?? ('feE'.includes(verb) ? 6 : undefined));
    const magnitude = digits.replace(/^[-+]/, '');
    const sign = digits.startsWith('-') ? '-' : plus ? '+' : space ? ' ' : '';
    if (!Number.isFinite(value.value)) return this.#pad((sign || (digits.startsWith('+') ? '+' : '')) + magnitude, false);
    const unsigned = sharp && verb !== 'b' ? keepPoint(magnitude, verb, precision) : magnitude;
    if (zero && !minus) return sign + unsigned.padStart(width - sign.length, '0');
    return this.#pad(sign + unsigned);
  }
}
