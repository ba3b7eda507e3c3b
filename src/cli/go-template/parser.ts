/** Parses templates by the grammar of text/template, with its error texts: https://pkg.go.dev/text/template#hdr-Actions */
import { TemplateError } from './errors.ts';
import type { Token } from './lexer.ts';
import { type CommandNode, type Operand, type PipelineNode, type Statement, sourceOf, type VariableNode } from './node.ts';
import { parseNumber } from './number-literal.ts';
import { quote, unquote, unquoteCharacter } from './quote.ts';
import { TokenStream } from './token-stream.ts';

/** Template name → its statements. The template itself is under the name it was given. */
export type TemplateSet = Map<string, readonly Statement[]>;

/** Go allows 10000 nested parentheses on a stack that grows; what people write nests less than ten deep. */
const MAX_DEPTH = 500;

const LITERALS = new Set(['bool', 'dot', 'nil', 'number', 'string']);
const OPERANDS = new Set<Token['kind']>([
  'bool',
  'character',
  'complex',
  'dot',
  'field',
  'identifier',
  'number',
  'nil',
  'raw string',
  'string',
  'variable',
  'left paren',
]);

/** Throws a TemplateError of phase `parse`. `isFunction` decides which identifiers are functions. */
export function parse(name: string, text: string, isFunction: (name: string) => boolean): TemplateSet {
  const templates: TemplateSet = new Map();
  new Parser(name, new TokenStream(text), templates, isFunction).parseAll();
  return templates;
}

interface End {
  readonly kind: 'end' | 'else';
  readonly position: number;
}

class Parser {
  readonly #name: string;
  readonly #stream: TokenStream;
  readonly #templates: TemplateSet;
  readonly #isFunction: (name: string) => boolean;
  #variables: string[] = ['$'];
  #rangeDepth = 0;
  /** Line of the action being parsed, 0 outside of one. */
  #actionLine = 0;

  constructor(name: string, stream: TokenStream, templates: TemplateSet, isFunction: (name: string) => boolean) {
    this.#name = name;
    this.#stream = stream;
    this.#templates = templates;
    this.#isFunction = isFunction;
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
      if (isEnd(statement)) this.#fail(`unexpected {{${statement.kind}}}`);
      statements.push(statement);
    }
    this.#add(this.#name, statements);
  }

  #fail(problem: string, line = this.#stream.line): never {
    throw new TemplateError('parse', `template: ${this.#name}:${line}: ${problem}`);
  }

  #unexpected(token: Token, context: string): never {
    if (token.kind !== 'error') this.#fail(`unexpected ${describe(token)} in ${context}`);
    if (this.#actionLine === 0 || this.#actionLine === token.line) this.#fail(token.text);
    const inAction = token.text.endsWith(' action') ? '' : ' in action';
    this.#fail(`${token.text}${inAction} started at ${this.#name}:${this.#actionLine}`);
  }

  #expect(kind: Token['kind'], context: string): Token {
    const token = this.#stream.nextNonSpace();
    if (token.kind !== kind) this.#unexpected(token, context);
    return token;
  }

  /** Runs `parseInner` one level deeper. */
  #nested<T>(parseInner: () => T): T {
    if (this.#stream.depth >= MAX_DEPTH) this.#fail('max expression depth exceeded');
    this.#stream.depth += 1;
    const result = parseInner();
    this.#stream.depth -= 1;
    return result;
  }

  /** `{{define "name"}} … {{end}}`, the keyword is past. */
  #definition(): void {
    const inner = new Parser(this.#name, this.#stream, this.#templates, this.#isFunction);
    const name = inner.#templateName(this.#stream.nextNonSpace(), 'define clause');
    inner.#expect('right delimiter', 'define clause');
    inner.#body(name, 'define clause');
  }

  /** `line` is the one an `{{else}}` in the wrong place is told at, by default its own. */
  #body(name: string, context: string, line?: number): void {
    const { list, end } = this.#list();
    if (end.kind !== 'end') this.#fail(`unexpected {{${end.kind}}} in ${context}`, line);
    this.#add(name, list);
  }

  /** An empty template never replaces another; two full ones are an error. */
  #add(name: string, statements: readonly Statement[]): void {
    const present = this.#templates.get(name);
    if (!present || isEmpty(present)) this.#templates.set(name, statements);
    else if (!isEmpty(statements)) this.#fail(`template: multiple definition of template ${quote(name)}`);
  }

  #list(): { list: Statement[]; end: End } {
    const list: Statement[] = [];
    while (this.#stream.peekNonSpace().kind !== 'eof') {
      const statement = this.#textOrAction();
      if (isEnd(statement)) return { list, end: statement };
      list.push(statement);
    }
    return this.#fail('unexpected EOF');
  }

  #textOrAction(): Statement | End {
    const token = this.#stream.nextNonSpace();
    if (token.kind === 'text') return { kind: 'text', position: token.position, text: token.text };
    if (token.kind !== 'left delimiter') this.#unexpected(token, 'input');
    this.#actionLine = token.line;
    const action = this.#nested(() => this.#action());
    this.#actionLine = 0;
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
          return { kind: 'end', position: this.#expect('right delimiter', 'end').position };
        case 'if':
        case 'range':
        case 'with':
          return this.#branch(token.text);
        case 'template':
          return this.#templateCall();
      }
    }
    this.#stream.back();
    return { kind: 'action', position: this.#stream.peek().position, pipeline: this.#pipeline('command', 'right delimiter') };
  }

  #loopControl(token: Token, kind: 'break' | 'continue'): Statement {
    const next = this.#stream.nextNonSpace();
    if (next.kind !== 'right delimiter') this.#unexpected(next, `{{${kind}}}`);
    if (this.#rangeDepth === 0) this.#fail(`{{${kind}}} outside {{range}}`);
    return { kind, position: token.position };
  }

  /** `{{else if …}}` and `{{else with …}}` leave the keyword for the branch to find. */
  #else(): End {
    const peeked = this.#stream.peekNonSpace();
    if (isKeyword(peeked, 'if') || isKeyword(peeked, 'with')) return { kind: 'else', position: peeked.position };
    return { kind: 'else', position: this.#expect('right delimiter', 'else').position };
  }

  #branch(kind: 'if' | 'range' | 'with'): Statement {
    const variables = this.#variables.length;
    const pipeline = this.#pipeline(kind, 'right delimiter');
    if (kind === 'range') this.#rangeDepth += 1;
    const { list, end } = this.#list();
    if (kind === 'range') this.#rangeDepth -= 1;
    let otherwise: Statement[] | undefined;
    if (end.kind === 'else') otherwise = this.#otherwise(kind);
    this.#variables.length = variables;
    return { kind, position: pipeline.position, pipeline, list, otherwise };
  }

  #otherwise(kind: 'if' | 'range' | 'with'): Statement[] {
    if (kind !== 'range' && isKeyword(this.#stream.peek(), kind)) {
      this.#stream.next();
      return [this.#nested(() => this.#branch(kind))];
    }
    const { list, end } = this.#list();
    if (end.kind !== 'end') this.#fail(`expected end; found {{${end.kind}}}`);
    return list;
  }

  #block(): Statement {
    const token = this.#stream.nextNonSpace();
    const name = this.#templateName(token, 'block clause');
    const pipeline = this.#pipeline('block clause', 'right delimiter');
    new Parser(this.#name, this.#stream, this.#templates, this.#isFunction).#body(name, 'block clause', this.#stream.line);
    return { kind: 'template', position: token.position, name, pipeline };
  }

  #templateCall(): Statement {
    const token = this.#stream.nextNonSpace();
    const name = this.#templateName(token, 'template clause');
    if (this.#stream.nextNonSpace().kind === 'right delimiter')
      return { kind: 'template', position: token.position, name, pipeline: undefined };
    this.#stream.back();
    return { kind: 'template', position: token.position, name, pipeline: this.#pipeline('template clause', 'right delimiter') };
  }

  #templateName(token: Token, context: string): string {
    if (token.kind !== 'string' && token.kind !== 'raw string') this.#unexpected(token, context);
    return unquote(token.text) ?? this.#fail('invalid syntax');
  }

  #pipeline(context: string, end: Token['kind']): PipelineNode {
    const { position } = this.#stream.peekNonSpace();
    const { declarations, isAssignment } = this.#declarations(context);
    const commands: CommandNode[] = [];
    for (;;) {
      const token = this.#stream.nextNonSpace();
      if (token.kind === end) break;
      if (!OPERANDS.has(token.kind)) this.#unexpected(token, context);
      this.#stream.back();
      commands.push(this.#command());
    }
    if (commands.length === 0) this.#fail(`missing value for ${context}`);
    const constant = commands.findIndex((command, index) => index > 0 && LITERALS.has(command.operands[0]?.kind ?? ''));
    if (constant > 0) this.#fail(`non executable command in pipeline stage ${constant + 1}`);
    return { kind: 'pipeline', position, declarations, isAssignment, commands };
  }

  /** `$x :=`, `$x =`, and in a range `$i, $x :=`. */
  #declarations(context: string): { declarations: VariableNode[]; isAssignment: boolean } {
    const declarations: VariableNode[] = [];
    while (this.#stream.peekNonSpace().kind === 'variable') {
      const start = this.#stream.index;
      const token = this.#stream.nextNonSpace();
      const next = this.#stream.nextNonSpace();
      const isComma = next.kind === 'punctuation' && next.text === ',';
      if (next.kind !== 'assign' && next.kind !== 'declare' && !isComma) {
        this.#stream.index = start;
        break;
      }
      declarations.push({ kind: 'variable', position: token.position, path: token.text.split('.') });
      this.#variables.push(token.text);
      if (!isComma) return { declarations, isAssignment: next.kind === 'assign' };
      if (context !== 'range' || declarations.length >= 2) this.#fail(`too many declarations in ${context}`);
      if (!['variable', 'right delimiter', 'right paren'].includes(this.#stream.peekNonSpace().kind)) {
        this.#fail('range can only initialize variables');
      }
    }
    return { declarations, isAssignment: false };
  }

  #command(): CommandNode {
    const { position } = this.#stream.peekNonSpace();
    const operands: Operand[] = [];
    for (;;) {
      this.#stream.peekNonSpace();
      const operand = this.#operand();
      if (operand) operands.push(operand);
      const token = this.#stream.next();
      if (token.kind === 'space') continue;
      if (token.kind === 'right delimiter' || token.kind === 'right paren') this.#stream.back();
      else if (token.kind !== 'pipe') this.#unexpected(token, 'operand');
      break;
    }
    if (operands.length === 0) this.#fail('empty command');
    return { kind: 'command', position, operands };
  }

  /** A term and the fields after it; undefined when what comes next is no operand. */
  #operand(): Operand | undefined {
    const term = this.#term();
    if (!term || this.#stream.peek().kind !== 'field') return term;
    const { position } = this.#stream.peek();
    const path: string[] = [];
    while (this.#stream.peek().kind === 'field') path.push(this.#stream.next().text.slice(1));
    if (term.kind === 'field' || term.kind === 'variable') return { ...term, position, path: [...term.path, ...path] };
    if (LITERALS.has(term.kind)) this.#fail(`unexpected . after term ${quote(sourceOf(term))}`);
    return { kind: 'chain', position, base: term, path };
  }

  #term(): Operand | undefined {
    const token = this.#stream.nextNonSpace();
    const { position } = token;
    switch (token.kind) {
      case 'identifier':
        if (!this.#isFunction(token.text)) this.#fail(`function ${quote(token.text)} not defined`);
        return { kind: 'identifier', position, name: token.text };
      case 'dot':
      case 'nil':
        return { kind: token.kind, position };
      case 'variable':
        if (!this.#variables.includes(token.text)) this.#fail(`undefined variable ${quote(token.text)}`);
        return { kind: 'variable', position, path: [token.text] };
      case 'field':
        return { kind: 'field', position, path: [token.text.slice(1)] };
      case 'bool':
        return { kind: 'bool', position, value: token.text === 'true' };
      case 'left paren':
        return this.#nested(() => this.#pipeline('parenthesized pipeline', 'right paren'));
      case 'string':
      case 'raw string':
        return { kind: 'string', position, literal: token.text, value: unquote(token.text) ?? this.#fail('invalid syntax') };
      case 'character':
      case 'complex':
      case 'number':
        return { kind: 'number', position, literal: token.text, value: this.#number(token) };
      default:
        this.#stream.back();
        return undefined;
    }
  }

  #number(token: Token): bigint | number {
    if (token.kind === 'character') {
      const character = unquoteCharacter(token.text);
      return 'problem' in character ? this.#fail(character.problem) : BigInt(character.code);
    }
    const number = parseNumber(token.text);
    return 'problem' in number ? this.#fail(number.problem) : number.value;
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

/** How Go shows a token: keywords in angle brackets, the rest quoted and cut at ten characters. */
function describe(token: Token): string {
  if (token.kind === 'eof') return 'EOF';
  if (token.kind === 'keyword' || token.kind === 'dot' || token.kind === 'nil') return `<${token.text}>`;
  return Buffer.byteLength(token.text) > 10 ? `${quote([...token.text].slice(0, 10).join(''))}...` : quote(token.text);
}
