import { TemplateError } from './errors.ts';
import type { Token } from './lexer.ts';
import { quote } from './quote.ts';
import type { TokenStream } from './token-stream.ts';

/** Go allows 10000 nested parentheses on a stack that grows; what people write nests less than ten deep. */
const MAX_DEPTH = 500;

/** What is known while one template, or one definition in it, is parsed. */
export class ParseContext {
  readonly stream: TokenStream;
  /** Which identifiers are functions. */
  readonly isFunction: (name: string) => boolean;
  /** Names declared so far, with their dollar. */
  readonly variables = ['$'];
  /** How many ranges are open: `break` needs one. */
  rangeDepth = 0;
  /** Line of the action being parsed, 0 outside of one. */
  actionLine = 0;
  /** Of the template as a whole, for errors. */
  readonly name: string;

  constructor(name: string, stream: TokenStream, isFunction: (name: string) => boolean) {
    this.name = name;
    this.stream = stream;
    this.isFunction = isFunction;
  }

  /** For a definition, which sees no variables and no range of what is around it. */
  inner(): ParseContext {
    return new ParseContext(this.name, this.stream, this.isFunction);
  }

  fail(problem: string, line = this.stream.line): never {
    throw new TemplateError('parse', `template: ${this.name}:${line}: ${problem}`);
  }

  unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') this.fail(`unexpected ${describe(token)} in ${context}`);
    if (this.actionLine === 0 || this.actionLine === token.line) this.fail(token.text);
    const inAction = token.text.endsWith(' action') ? '' : ' in action';
    this.fail(`${token.text}${inAction} started at ${this.name}:${this.actionLine}`);
  }

  expect(kind: Token['kind'], context: string): Token {
    const token = this.stream.nextNonSpace();
    if (token.kind !== kind) this.unexpected(token, context);
    return token;
  }

  /** Runs `parseInner` one level deeper. */
  nested<T>(parseInner: () => T): T {
    if (this.stream.depth >= MAX_DEPTH) this.fail('max expression depth exceeded');
    this.stream.depth += 1;
    const result = parseInner();
    this.stream.depth -= 1;
    return result;
  }
}

/** How Go shows a token: keywords in angle brackets, the rest quoted and cut at ten characters. */
function describe(token: Token): string {
  if (token.kind === 'eof') return 'EOF';
  if (token.kind === 'keyword' || token.kind === 'dot' || token.kind === 'nil') return `<${token.text}>`;
  return Buffer.byteLength(token.text) > 10 ? `${quote([...token.text].slice(0, 10).join(''))}...` : quote(token.text);
}
