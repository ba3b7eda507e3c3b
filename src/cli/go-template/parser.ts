/** Parses templates by the grammar of text/template, with its error texts: https://pkg.go.dev/text/template#hdr-Actions */
import { parsePipeline } from './expression-parser.ts';
import type { Token } from './lexer.ts';
import type { Statement, TemplateSet } from './node.ts';
import { ParseContext } from './parse-context.ts';
import { quote, unquote } from './quote.ts';
import { TokenStream } from './token-stream.ts';

/** Throws a TemplateError of phase `parse`. `isFunction` decides which identifiers are functions. */
export function parse(name: string, text: string, isFunction: (name: string) => boolean): TemplateSet {
  const templates: TemplateSet = new Map();
  new Parser(new ParseContext(name, new TokenStream(text), isFunction), templates).parseAll();
  return templates;
}

interface End {
  readonly kind: 'end' | 'else';
  readonly position: number;
}

class Parser {
  readonly #parsing: ParseContext;
  readonly #stream: TokenStream;
  readonly #templates: TemplateSet;

  constructor(parsing: ParseContext, templates: TemplateSet) {
    this.#parsing = parsing;
    this.#stream = parsing.stream;
    this.#templates = templates;
  }

  parseAll(): void {
    const statements: Statement[] = [];
    while (this.#stream.peek().kind !== 'eof') {
      const start = this.#stream.index;
      if (this.#stream.next().kind === 'left delimiter' && isKeyword(this.#stream.nextNonSpace(), 'define')) {
        this.#definition();
        continue;
      }
      this.#stream.index = start;
      const statement = this.#textOrAction();
      if (isEnd(statement)) this.#parsing.fail(`unexpected {{${statement.kind}}}`);
      statements.push(statement);
    }
    this.#add(this.#parsing.name, statements);
  }

  /** `{{define "name"}} … {{end}}`, the keyword is past. */
  #definition(): void {
    const inner = new Parser(this.#parsing.inner(), this.#templates);
    const name = inner.#templateName(this.#stream.nextNonSpace(), 'define clause');
    inner.#parsing.expect('right delimiter', 'define clause');
    inner.#body(name, 'define clause');
  }

  /** `line` is the one an `{{else}}` in the wrong place is told at, by default its own. */
  #body(name: string, context: string, line?: number): void {
    const { list, end } = this.#list();
    if (end.kind !== 'end') this.#parsing.fail(`unexpected {{${end.kind}}} in ${context}`, line);
    this.#add(name, list);
  }

  /** An empty template never replaces another; two full ones are an error. */
  #add(name: string, statements: readonly Statement[]): void {
    const present = this.#templates.get(name);
    if (!present || isEmpty(present)) this.#templates.set(name, statements);
    else if (!isEmpty(statements)) this.#parsing.fail(`template: multiple definition of template ${quote(name)}`);
  }

  #list(): { list: Statement[]; end: End } {
    const list: Statement[] = [];
    while (this.#stream.peekNonSpace().kind !== 'eof') {
      const statement = this.#textOrAction();
      if (isEnd(statement)) return { list, end: statement };
      list.push(statement);
    }
    return this.#parsing.fail('unexpected EOF');
  }

  #textOrAction(): Statement | End {
    const token = this.#stream.nextNonSpace();
    if (token.kind === 'text') return { kind: 'text', position: token.position, text: token.text };
    if (token.kind !== 'left delimiter') this.#parsing.unexpected(token, 'input');
    this.#parsing.actionLine = token.line;
    const action = this.#parsing.nested(() => this.#action());
    this.#parsing.actionLine = 0;
    return action;
  }

  #action(): Statement | End {
    const token = this.#stream.nextNonSpace();
    if (token.kind === 'keyword') {
      switch (token.text) {
        case 'block':
          return this.#block();
        case 'break':
        case 'continue':
          return this.#loopControl(token, token.text);
        case 'else':
          return this.#else();
        case 'end':
          return { kind: 'end', position: this.#parsing.expect('right delimiter', 'end').position };
        case 'if':
        case 'range':
        case 'with':
          return this.#branch(token.text);
        case 'template':
          return this.#templateCall();
      }
    }
    this.#stream.back();
    const { position } = this.#stream.peek();
    return { kind: 'action', position, pipeline: parsePipeline(this.#parsing, 'command', 'right delimiter') };
  }

  #loopControl(token: Token, kind: 'break' | 'continue'): Statement {
    const next = this.#stream.nextNonSpace();
    if (next.kind !== 'right delimiter') this.#parsing.unexpected(next, `{{${kind}}}`);
    if (this.#parsing.rangeDepth === 0) this.#parsing.fail(`{{${kind}}} outside {{range}}`);
    return { kind, position: token.position };
  }

  /** `{{else if …}}` and `{{else with …}}` leave the keyword for the branch to find. */
  #else(): End {
    const peeked = this.#stream.peekNonSpace();
    if (isKeyword(peeked, 'if') || isKeyword(peeked, 'with')) return { kind: 'else', position: peeked.position };
    return { kind: 'else', position: this.#parsing.expect('right delimiter', 'else').position };
  }

  #branch(kind: 'if' | 'range' | 'with'): Statement {
    const variables = this.#parsing.variables.length;
    const pipeline = parsePipeline(this.#parsing, kind, 'right delimiter');
    if (kind === 'range') this.#parsing.rangeDepth += 1;
    const { list, end } = this.#list();
    if (kind === 'range') this.#parsing.rangeDepth -= 1;
    let otherwise: Statement[] | undefined;
    if (end.kind === 'else') otherwise = this.#otherwise(kind);
    this.#parsing.variables.length = variables;
    return { kind, position: pipeline.position, pipeline, list, otherwise };
  }

  #otherwise(kind: 'if' | 'range' | 'with'): Statement[] {
    if (kind !== 'range' && isKeyword(this.#stream.peek(), kind)) {
      this.#stream.next();
      return [this.#parsing.nested(() => this.#branch(kind))];
    }
    const { list, end } = this.#list();
    if (end.kind !== 'end') this.#parsing.fail(`expected end; found {{${end.kind}}}`);
    return list;
  }

  #block(): Statement {
    const token = this.#stream.nextNonSpace();
    const name = this.#templateName(token, 'block clause');
    const pipeline = parsePipeline(this.#parsing, 'block clause', 'right delimiter');
    new Parser(this.#parsing.inner(), this.#templates).#body(name, 'block clause', this.#stream.line);
    return { kind: 'template', position: token.position, name, pipeline };
  }

  #templateCall(): Statement {
    const token = this.#stream.nextNonSpace();
    const name = this.#templateName(token, 'template clause');
    const isAlone = this.#stream.nextNonSpace().kind === 'right delimiter';
    if (!isAlone) this.#stream.back();
    const pipeline = isAlone ? undefined : parsePipeline(this.#parsing, 'template clause', 'right delimiter');
    return { kind: 'template', position: token.position, name, pipeline };
  }

  #templateName(token: Token, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'raw string') this.#parsing.unexpected(token, context);
    return unquote(token.text) ?? this.#parsing.fail('invalid syntax');
  }
}

function isKeyword(token: Token, keyword: string): boolean {
  return token.kind === 'keyword' && token.text === keyword;
}

function isEnd(statement: Statement | End): statement is End {
  return statement.kind === 'end' || statement.kind === 'else';
}

function isEmpty(statements: readonly Statement[]): boolean {
  return statements.every((statement) => statement.kind === 'text' && statement.text.trim() === '');
}
