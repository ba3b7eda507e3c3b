/** Go's fmt.Sprintf: https://pkg.go.dev/fmt#hdr-Printing */
import { type Flags, printVerb } from './printer.ts';
import { type GoValue, typeName, unwrapInterface } from './value.ts';

/** Mistakes in the format show up in the text, as in Go. */
export function printf(format: string, args: readonly GoValue[]): string {
  return new Formatter(format, args).run();
}

const FLAGS: Record<string, 'minus' | 'plus' | 'sharp' | 'space' | 'zero'> = {
  '-': 'minus',
  '+': 'plus',
  '#': 'sharp',
  ' ': 'space',
  '0': 'zero',
};
const MAX_NUMBER = 1_000_000;

class Formatter {
  readonly #format: string;
  readonly #args: readonly GoValue[];
  #output = '';
  #position = 0;
  #argument = 0;
  /** An explicit index `[n]` was used: left-over arguments are no mistake then. */
  #isReordered = false;
  #isGoodIndex = true;
  #isAfterIndex = false;

  constructor(format: string, args: readonly GoValue[]) {
    this.#format = format;
    this.#args = args;
  }

  run(): string {
    while (this.#position < this.#format.length) {
      const percent = this.#format.indexOf('%', this.#position);
      const end = percent < 0 ? this.#format.length : percent;
      this.#output += this.#format.slice(this.#position, end);
      this.#position = end + 1;
      if (percent >= 0) this.#directive();
    }
    return this.#output + this.#extra();
  }

  #directive(): void {
    this.#isGoodIndex = true;
    const flags: Flags = {};
    for (;;) {
      const flag = FLAGS[this.#format.charAt(this.#position)];
      if (!flag) break;
      flags[flag] = true;
      this.#position += 1;
    }
    this.#isAfterIndex = false;
    this.#index();
    this.#width(flags);
    this.#precision(flags);
    if (!this.#isAfterIndex) this.#index();
    this.#verb(flags);
  }

  #verb(flags: Flags): void {
    const code = this.#format.codePointAt(this.#position);
    if (code === undefined) {
      this.#output += '%!(NOVERB)';
      return;
    }
    const verb = String.fromCodePoint(code);
    this.#position += verb.length;
    const value = this.#args[this.#argument];
    if (verb === '%') this.#output += '%';
    else if (!this.#isGoodIndex) this.#output += `%!${verb}(BADINDEX)`;
    else if (!value) this.#output += `%!${verb}(MISSING)`;
    else {
      this.#argument += 1;
      const { plus = false, sharp = false, ...rest } = flags;
      this.#output += printVerb(value, verb, verb === 'v' ? { ...rest, plusV: plus, sharpV: sharp } : flags);
    }
  }

  /** `[n]`: the argument to go on with, from 1. */
  #index(): void {
    if (this.#format[this.#position] !== '[') return;
    this.#isReordered = true;
    const close = this.#format.indexOf(']', this.#position);
    if (close < 0) {
      this.#isGoodIndex = false;
      this.#position += 1;
      return;
    }
    const text = this.#format.slice(this.#position + 1, close);
    this.#position = close + 1;
    const index = /^[0-9]{1,7}$/.test(text) ? Number(text) - 1 : -1;
    this.#isAfterIndex = /^[0-9]{1,7}$/.test(text);
    if (index >= 0 && index < this.#args.length) this.#argument = index;
    else this.#isGoodIndex = false;
  }

  #number(): number | undefined {
    const digits = /^[0-9]+/.exec(this.#format.slice(this.#position))?.[0];
    if (digits === undefined) return undefined;
    const number = Number(digits);
    if (number > MAX_NUMBER) {
      this.#position = this.#format.length;
      return undefined;
    }
    this.#position += digits.length;
    return number;
  }

  /** The next argument as a width or precision (`*`), undefined when it is no fitting integer. */
  #starArgument(): number | undefined {
    const value = this.#args[this.#argument];
    if (!value) return undefined;
    this.#argument += 1;
    if (value.kind !== 'int' && value.kind !== 'uint') return undefined;
    const number = Number(value.value);
    return Math.abs(number) > MAX_NUMBER ? undefined : number;
  }

  #width(flags: Flags): void {
    if (this.#format[this.#position] !== '*') {
      flags.width = this.#number();
      if (this.#isAfterIndex && flags.width !== undefined) this.#isGoodIndex = false;
      return;
    }
    this.#position += 1;
    const width = this.#starArgument();
    this.#isAfterIndex = false;
    if (width === undefined) {
      this.#output += '%!(BADWIDTH)';
      return;
    }
    flags.width = Math.abs(width);
    if (width < 0) Object.assign(flags, { minus: true, zero: false });
  }

  #precision(flags: Flags): void {
    if (this.#format[this.#position] !== '.' || this.#position + 1 >= this.#format.length) return;
    this.#position += 1;
    if (this.#isAfterIndex) this.#isGoodIndex = false;
    this.#isAfterIndex = false;
    this.#index();
    if (this.#format[this.#position] !== '*') {
      flags.precision = this.#number() ?? 0;
      return;
    }
    this.#position += 1;
    const precision = this.#starArgument();
    this.#isAfterIndex = false;
    if (precision === undefined) this.#output += '%!(BADPREC)';
    else if (precision >= 0) flags.precision = precision;
    else this.#output += '%!(BADPREC)';
  }

  #extra(): string {
    if (this.#isReordered || this.#argument >= this.#args.length) return '';
    const shown = this.#args.slice(this.#argument).map((value) => {
      const concrete = unwrapInterface(value);
      return concrete.kind === 'invalid' ? '<nil>' : `${typeName(concrete)}=${printVerb(concrete, 'v', {})}`;
    });
    return `%!(EXTRA ${shown.join(', ')})`;
  }
}
