/** Parses pipelines: https://pkg.go.dev/text/template#hdr-Pipelines */
import type { Token } from './lexer.ts';
import { type CommandNode, type Operand, type PipelineNode, sourceOf, type VariableNode } from './node.ts';
import { parseNumber } from './number-literal.ts';
import type { ParseContext } from './parse-context.ts';
import { quote, unquote, unquoteCharacter } from './quote.ts';

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

/** Up to and with the token that ends it. `context` is what an error calls the place. */
export function parsePipeline(parsing: ParseContext, context: string, end: Token['kind']): PipelineNode {
  const { position } = parsing.stream.peekNonSpace();
  const { declarations, isAssignment } = parseDeclarations(parsing, context);
  const commands: CommandNode[] = [];
  for (;;) {
    const token = parsing.stream.nextNonSpace();
    if (token.kind === end) break;
    if (!OPERANDS.has(token.kind)) parsing.unexpected(token, context);
    parsing.stream.back();
    commands.push(parseCommand(parsing));
  }
  if (commands.length === 0) parsing.fail(`missing value for ${context}`);
  const constant = commands.findIndex((command, index) => index > 0 && LITERALS.has(command.operands[0]?.kind ?? ''));
  if (constant > 0) parsing.fail(`non executable command in pipeline stage ${constant + 1}`);
  return { kind: 'pipeline', position, declarations, isAssignment, commands };
}

/** `$x :=`, `$x =`, and in a range `$i, $x :=`. */
function parseDeclarations(parsing: ParseContext, context: string): { declarations: VariableNode[]; isAssignment: boolean } {
  const declarations: VariableNode[] = [];
  while (parsing.stream.peekNonSpace().kind === 'variable') {
    const start = parsing.stream.index;
    const token = parsing.stream.nextNonSpace();
    const next = parsing.stream.nextNonSpace();
    const isComma = next.kind === 'punctuation' && next.text === ',';
    if (next.kind !== 'assign' && next.kind !== 'declare' && !isComma) {
      parsing.stream.index = start;
      break;
    }
    declarations.push({ kind: 'variable', position: token.position, path: token.text.split('.') });
    parsing.variables.push(token.text);
    if (!isComma) return { declarations, isAssignment: next.kind === 'assign' };
    if (context !== 'range' || declarations.length >= 2) parsing.fail(`too many declarations in ${context}`);
    if (!['variable', 'right delimiter', 'right paren'].includes(parsing.stream.peekNonSpace().kind)) {
      parsing.fail('range can only initialize variables');
    }
  }
  return { declarations, isAssignment: false };
}

function parseCommand(parsing: ParseContext): CommandNode {
  const { position } = parsing.stream.peekNonSpace();
  const operands: Operand[] = [];
  for (;;) {
    parsing.stream.peekNonSpace();
    const operand = parseOperand(parsing);
    if (operand) operands.push(operand);
    const token = parsing.stream.next();
    if (token.kind === 'space') continue;
    if (token.kind === 'right delimiter' || token.kind === 'right paren') parsing.stream.back();
    else if (token.kind !== 'pipe') parsing.unexpected(token, 'operand');
    break;
  }
  if (operands.length === 0) parsing.fail('empty command');
  return { kind: 'command', position, operands };
}

/** A term and the fields after it; undefined when what comes next is no operand. */
function parseOperand(parsing: ParseContext): Operand | undefined {
  const term = parseTerm(parsing);
  if (!term || parsing.stream.peek().kind !== 'field') return term;
  const { position } = parsing.stream.peek();
  const path: string[] = [];
  while (parsing.stream.peek().kind === 'field') path.push(parsing.stream.next().text.slice(1));
  if (term.kind === 'field' || term.kind === 'variable') return { ...term, position, path: [...term.path, ...path] };
  if (LITERALS.has(term.kind)) parsing.fail(`unexpected . after term ${quote(sourceOf(term))}`);
  return { kind: 'chain', position, base: term, path };
}

function parseTerm(parsing: ParseContext): Operand | undefined {
  const token = parsing.stream.nextNonSpace();
  const { position } = token;
  switch (token.kind) {
    case 'identifier':
      if (!parsing.isFunction(token.text)) parsing.fail(`function ${quote(token.text)} not defined`);
      return { kind: 'identifier', position, name: token.text };
    case 'dot':
    case 'nil':
      return { kind: token.kind, position };
    case 'variable':
      if (!parsing.variables.includes(token.text)) parsing.fail(`undefined variable ${quote(token.text)}`);
      return { kind: 'variable', position, path: [token.text] };
    case 'field':
      return { kind: 'field', position, path: [token.text.slice(1)] };
    case 'bool':
      return { kind: 'bool', position, value: token.text === 'true' };
    case 'left paren':
      return parsing.nested(() => parsePipeline(parsing, 'parenthesized pipeline', 'right paren'));
    case 'string':
    case 'raw string':
      return { kind: 'string', position, literal: token.text, value: unquote(token.text) ?? parsing.fail('invalid syntax') };
    case 'character':
    case 'complex':
    case 'number':
      return { kind: 'number', position, literal: token.text, value: parseConstant(parsing, token) };
    default:
      parsing.stream.back();
      return undefined;
  }
}

function parseConstant(parsing: ParseContext, token: Token): bigint | number {
  if (token.kind === 'character') {
    const character = unquoteCharacter(token.text);
    return 'problem' in character ? parsing.fail(character.problem) : BigInt(character.code);
  }
  const number = parseNumber(token.text);
  return 'problem' in number ? parsing.fail(number.problem) : number.value;
}
