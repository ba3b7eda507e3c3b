import { lex, type Token } from './lexer.ts';

/** The tokens of a template, read forward by the parsers of the template and of the definitions in it. */
export class TokenStream {
  /** Of the next token; may be set back to where it was. */
  index = 0;
  /** How deep the parser is in nested actions and parentheses. */
  depth = 0;
  readonly #tokens: readonly Token[];
  #furthest = 0;

  constructor(text: string) {
    this.#tokens = lex(text);
  }

  /** Line of the last token looked at: the one Go's errors name. */
  get line(): number {
    return this.#tokens[this.#furthest]?.line ?? 1;
  }

  /** The last token (`eof` or `error`) repeats. */
  peek(): Token {
    const index = Math.min(this.index, this.#tokens.length - 1);
    const token = this.#tokens[index];
    if (!token) throw new RangeError('a template has at least an end');
    this.#furthest = Math.max(this.#furthest, index);
    return token;
  }

  next(): Token {
    const token = this.peek();
    this.index += 1;
    return token;
  }

  back(): void {
    this.index -= 1;
  }

  nextNonSpace(): Token {
    for (;;) {
      const token = this.next();
      if (token.kind !== 'space') return token;
    }
  }

  /** Skips blanks. */
  peekNonSpace(): Token {
    const token = this.nextNonSpace();
    this.back();
    return token;
  }
}
