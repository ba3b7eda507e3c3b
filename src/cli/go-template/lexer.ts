/** Tokens of a template, as Go's text/template/parse cuts them: https://pkg.go.dev/text/template#hdr-Text_and_spaces */
import { quote, unicodeName } from './quote.ts';

export type TokenKind =
  | 'error'
  | 'eof'
  | 'text'
  | 'left delimiter'
  | 'right delimiter'
  | 'space'
  | 'keyword'
  | 'dot'
  | 'nil'
  | 'bool'
  | 'identifier'
  | 'field'
  | 'variable'
  | 'number'
  | 'complex'
  | 'character'
  | 'string'
  | 'raw string'
  | 'pipe'
  | 'declare'
  | 'assign'
  | 'left paren'
  | 'right paren'
  | 'punctuation';

export interface Token {
  readonly kind: TokenKind;
  /** The source text; for `error` the message. */
  readonly text: string;
  /** Offset in the template, in UTF-16 units. */
  readonly position: number;
  /** Line the token begins on, from 1. */
  readonly line: number;
}

const KEYWORDS = new Set(['block', 'break', 'continue', 'define', 'else', 'end', 'if', 'range', 'template', 'with']);
const ALPHANUMERIC = /[_\p{L}\p{Nd}]/u;
const WORD = /[_\p{L}\p{Nd}]*/uy;
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?/y;
/** After a name one of these must come; `$x+2` is refused so that arithmetic stays possible. */
const TERMINATOR = /^(?:[ \t\r\n.,|:()]|\}\}|$)/;
const SINGLE: Record<string, TokenKind> = { '=': 'assign', '|': 'pipe', '(': 'left paren', ')': 'right paren' };

class LexicalError extends Error {}

/** Cuts a template into tokens. The last one is `eof`, or `error` with the message and place of what is wrong. */
export function lex(input: string): Token[] {
  const lexer = new Lexer(input);
  try {
    lexer.run();
  } catch (error) {
    if (!(error instanceof LexicalError)) throw error;
    lexer.add('error', error.message);
  }
  return lexer.tokens;
}

class Lexer {
  readonly tokens: Token[] = [];
  readonly #input: string;
  #start = 0;
  #position = 0;
  #line = 1;

  constructor(input: string) {
    this.#input = input;
  }

  /** Emits the input since the last token (or the given text in its place) and goes on after it. */
  add(kind: TokenKind, text = this.#input.slice(this.#start, this.#position)): void {
    this.tokens.push({ kind, text, position: this.#start, line: this.#line });
    this.#skip();
  }

  run(): void {
    while (this.#text()) this.#action();
    this.add('eof', 'EOF');
  }

  #skip(): void {
    for (const character of this.#input.slice(this.#start, this.#position)) if (character === '\n') this.#line += 1;
    this.#start = this.#position;
  }

  #rest(offset = 0): string {
    return this.#input.slice(this.#position + offset);
  }

  /** True when an action follows the text. */
  #text(): boolean {
    for (;;) {
      const open = this.#input.indexOf('{{', this.#position);
      if (open < 0) {
        this.#position = this.#input.length;
        if (this.#position > this.#start) this.add('text');
        return false;
      }
      const trims = /^-[ \t\r\n]/.test(this.#input.slice(open + 2, open + 4));
      this.#position = trims ? this.#start + trimRight(this.#input.slice(this.#start, open)).length : open;
      if (this.#position > this.#start) this.add('text');
      this.#position = open;
      this.#skip();
      const body = open + (trims ? 4 : 2);
      if (!this.#input.startsWith('/*', body)) {
        this.#position = open + 2;
        this.add('left delimiter');
        this.#position = body;
        this.#skip();
        return true;
      }
      this.#position = body;
      this.#skip();
      this.#comment();
    }
  }

  #comment(): void {
    const close = this.#input.indexOf('*/', this.#position + 2);
    if (close < 0) throw new LexicalError('unclosed comment');
    this.#position = close + 2;
    const end = /^(?:[ \t\r\n]-\}\}[ \t\r\n]*|\}\})/.exec(this.#rest());
    if (!end) throw new LexicalError('comment ends before closing delimiter');
    this.#position += end[0].length;
    this.#skip();
  }

  /** One action up to and with its right delimiter. */
  #action(): void {
    let depth = 0;
    for (;;) {
      const close = /^(?:[ \t\r\n]-)?\}\}/.exec(this.#rest());
      if (close) {
        if (depth > 0) throw new LexicalError('unclosed left paren');
        this.#rightDelimiter(close[0].length === 4);
        return;
      }
      const character = String.fromCodePoint(this.#input.codePointAt(this.#position) ?? 0);
      if (this.#position >= this.#input.length) throw new LexicalError('unclosed action');
      if (character === '(') depth += 1;
      if (character === ')' && --depth < 0) {
        this.#position += 1;
        throw new LexicalError('unexpected right paren');
      }
      this.#inside(character);
    }
  }

  #rightDelimiter(trims: boolean): void {
    if (trims) {
      this.#position += 2;
      this.#skip();
    }
    this.#position += 2;
    this.add('right delimiter');
    if (!trims) return;
    this.#position += /^[ \t\r\n]*/.exec(this.#rest())?.[0].length ?? 0;
    this.#skip();
  }

  #inside(character: string): void {
    const single = SINGLE[character];
    if (/[ \t\r\n]/.test(character)) this.#space();
    else if (single) this.#take(1, single);
    else if (character === ':') {
      if (this.#input[this.#position + 1] !== '=') throw new LexicalError('expected :=');
      this.#take(2, 'declare');
    } else if (character === '"') this.#quoted(/"(?:[^"\\\n]|\\[^\n])*"/y, 'string', 'unterminated quoted string');
    else if (character === '`') this.#quoted(/`[^`]*`/y, 'raw string', 'unterminated raw quoted string');
    else if (character === "'") this.#quoted(/'(?:[^'\\\n]|\\[^\n])*'/y, 'character', 'unterminated character constant');
    else if (character === '$' || (character === '.' && /^[^0-9]/.test(this.#rest(1)))) this.#fieldOrVariable(character);
    else if (/[-+.0-9]/.test(character)) this.#number();
    else if (ALPHANUMERIC.test(character)) this.#identifier();
    else if (/[ -~]/.test(character)) this.#take(1, 'punctuation');
    else throw new LexicalError(`unrecognized character in action: ${unicodeName(character)}`);
  }

  #take(length: number, kind: TokenKind): void {
    this.#position += length;
    this.add(kind);
  }

  /** A run of blanks; the last one belongs to the delimiter when ` -}}` follows. */
  #space(): void {
    const run = /^[ \t\r\n]+/.exec(this.#rest())?.[0].length ?? 0;
    const length = this.#rest(run).startsWith('-}}') ? run - 1 : run;
    if (length > 0) this.#take(length, 'space');
  }

  #quoted(pattern: RegExp, kind: TokenKind, problem: string): void {
    pattern.lastIndex = this.#position;
    const match = pattern.exec(this.#input);
    if (!match) throw new LexicalError(problem);
    this.#take(match[0].length, kind);
  }

  #word(): string {
    WORD.lastIndex = this.#position;
    const word = WORD.exec(this.#input)?.[0] ?? '';
    this.#position += word.length;
    return word;
  }

  #expectTerminator(): void {
    if (TERMINATOR.test(this.#rest().slice(0, 2))) return;
    const character = String.fromCodePoint(this.#input.codePointAt(this.#position) ?? 0);
    throw new LexicalError(`bad character ${unicodeName(character)}`);
  }

  #fieldOrVariable(sigil: string): void {
    this.#position += 1;
    const word = TERMINATOR.test(this.#rest().slice(0, 2)) ? '' : this.#word();
    this.#expectTerminator();
    if (sigil === '$') this.add('variable');
    else this.add(word === '' ? 'dot' : 'field');
  }

  #identifier(): void {
    const word = this.#word();
    this.#expectTerminator();
    if (KEYWORDS.has(word)) this.add('keyword');
    else if (word === 'nil') this.add('nil');
    else this.add(word === 'true' || word === 'false' ? 'bool' : 'identifier');
  }

  #number(): void {
    this.#scanNumber();
    const isComplex = /^[+-]/.test(this.#rest());
    if (isComplex) {
      this.#scanNumber();
      if (this.#input[this.#position - 1] !== 'i') this.#badNumber();
    }
    this.add(isComplex ? 'complex' : 'number');
  }

  #scanNumber(): void {
    NUMBER.lastIndex = this.#position;
    this.#position += NUMBER.exec(this.#input)?.[0].length ?? 0;
    const next = this.#input.codePointAt(this.#position);
    if (next === undefined || !ALPHANUMERIC.test(String.fromCodePoint(next))) return;
    this.#position += String.fromCodePoint(next).length;
    this.#badNumber();
  }

  #badNumber(): never {
    throw new LexicalError(`bad number syntax: ${quote(this.#input.slice(this.#start, this.#position))}`);
  }
}

/** By hand: a regular expression anchored at the end takes quadratic time on many blanks. */
function trimRight(text: string): string {
  let end = text.length;
  while (end > 0 && ' \t\r\n'.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
