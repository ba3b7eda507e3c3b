/**
 * Says what Go's encoding/json would say about a text that JSON.parse refuses (scanner.go): clients and tests read these
 * words. Undefined when Go finds a complete first value.
 */
export function goSyntaxError(text: string): string | undefined {
  const scanner = new Scanner(text);
  try {
    scanner.value('looking for beginning of value');
    return undefined;
  } catch (error) {
    if (error instanceof SyntaxProblem) return error.message;
    throw error;
  }
}

class SyntaxProblem extends Error {}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(context: string): void {
    this.#space();
    const start = this.#peek();
    if (start === '{') this.#object();
    else if (start === '[') this.#array();
    else if (start === '"') this.#string();
    else if (start === 't') this.#literal('true');
    else if (start === 'f') this.#literal('false');
    else if (start === 'n') this.#literal('null');
    else if (start === '-' || isDigit(start)) this.#number();
    else this.#refuse(context);
  }

  #object(): void {
    this.#at++;
    this.#space();
    if (this.#take('}')) return;
    for (;;) {
      this.#space();
      if (this.#peek() !== '"') this.#refuse('looking for beginning of object key string');
      this.#string();
      this.#space();
      if (!this.#take(':')) this.#refuse('after object key');
      this.value('looking for beginning of value');
      this.#space();
      if (this.#take('}')) return;
      if (!this.#take(',')) this.#refuse('after object key:value pair');
    }
  }

  #array(): void {
    this.#at++;
    this.#space();
    if (this.#take(']')) return;
    for (;;) {
      this.value('looking for beginning of value');
      this.#space();
      if (this.#take(']')) return;
      if (!this.#take(',')) this.#refuse('after array element');
    }
  }

  #string(): void {
    this.#at++;
    for (;;) {
      const next = this.#peek();
      if (next < ' ') this.#refuse('in string literal');
      this.#at++;
      if (next === '"') return;
      if (next === '\\') this.#escape();
    }
  }

  #escape(): void {
    const kind = this.#peek();
    if (!'bfnrt\\/"u'.includes(kind)) this.#refuse('in string escape code');
    this.#at++;
    if (kind !== 'u') return;
    for (let digit = 0; digit < 4; digit++) {
      if (!/[0-9a-f]/i.test(this.#peek())) this.#refuse('in \\u hexadecimal character escape');
      this.#at++;
    }
  }

  #number(): void {
    this.#take('-');
    if (!isDigit(this.#peek())) this.#refuse('in numeric literal');
    if (!this.#take('0')) this.#digits();
    if (this.#take('.')) {
      if (!isDigit(this.#peek())) this.#refuse('after decimal point in numeric literal');
      this.#digits();
    }
    if (this.#take('e') || this.#take('E')) {
      if (!this.#take('+')) this.#take('-');
      if (!isDigit(this.#peek())) this.#refuse('in exponent of numeric literal');
      this.#digits();
    }
  }

  #digits(): void {
    while (isDigit(this.#text[this.#at] ?? '')) this.#at++;
  }

  #literal(word: string): void {
    for (const expected of word) {
      if (this.#peek() !== expected) this.#refuse(`in literal ${word} (expecting ${quote(expected)})`);
      this.#at++;
    }
  }

  #space(): void {
    while (' \t\r\n'.includes(this.#text[this.#at] ?? 'x')) this.#at++;
  }

  #take(character: string): boolean {
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  /** The next character; the end of the text is an error of its own. */
  #peek(): string {
    const next = this.#text[this.#at];
    if (next === undefined) throw new SyntaxProblem('unexpected EOF');
    return next;
  }

  #refuse(context: string): never {
    throw new SyntaxProblem(`invalid character ${quote(this.#peek())} ${context}`);
  }
}

const isDigit = (text: string): boolean => text >= '0' && text <= '9' && text.length === 1;

/** Go's quoteChar. */
function quote(character: string): string {
  if (character === "'") return "'\\''";
  if (character === '"') return "'\"'";
  return `'${JSON.stringify(character).slice(1, -1)}'`;
}
