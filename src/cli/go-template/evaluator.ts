/** Evaluates a parsed template as text/template does, reflection and error texts included. */
import type { Budget } from './budget.ts';
import { FunctionError, TemplateError } from './errors.ts';
import { fieldOf } from './field.ts';
import { assign, assignNil, type ParameterType, type TemplateFunction } from './function.ts';
import type {
  BranchNode,
  CommandNode,
  IdentifierNode,
  Node,
  NumberNode,
  Operand,
  PipelineNode,
  Statement,
  TemplateCallNode,
} from './node.ts';
import { sourceOf } from './node.ts';
import { fitsInt } from './number-literal.ts';
import type { TemplateSet } from './parser.ts';
import { print, printable } from './print.ts';
import { quote } from './quote.ts';
import {
  entryOf,
  type GoValue,
  goBool,
  goFloat,
  goInt,
  goString,
  INVALID,
  indirect,
  isTrue,
  itemAt,
  sortedKeys,
  unwrapInterface,
} from './value.ts';

/** Go stops at 100000 on its growing stack. */
const MAX_TEMPLATE_DEPTH = 500;

type Jump = 'break' | 'continue' | undefined;

/** What all templates of one evaluation share. */
export interface Evaluation {
  readonly source: string;
  /** Of the template as a whole, for the place in errors. */
  readonly name: string;
  readonly templates: TemplateSet;
  readonly functions: ReadonlyMap<string, TemplateFunction>;
  readonly budget: Budget;
  readonly output: string[];
}

interface Variable {
  readonly name: string;
  value: GoValue;
}

/** Evaluates the template named `evaluation.name`, appending to `evaluation.output`. Throws TemplateError of phase `execute`. */
export function execute(evaluation: Evaluation, data: GoValue): void {
  const root = new Frame(evaluation, evaluation.name, data, 0);
  root.walkAll(data, evaluation.templates.get(evaluation.name) ?? []);
}

/** One template under evaluation: its variables and the node errors are told at. */
class Frame {
  readonly #shared: Evaluation;
  readonly #name: string;
  readonly #depth: number;
  readonly #variables: Variable[];
  #node: Node | undefined;

  constructor(shared: Evaluation, name: string, dot: GoValue, depth: number) {
    this.#shared = shared;
    this.#name = name;
    this.#depth = depth;
    this.#variables = [{ name: '$', value: dot }];
  }

  walkAll(dot: GoValue, statements: readonly Statement[]): Jump {
    for (const statement of statements) {
      const jump = this.#walk(dot, statement);
      if (jump) return jump;
    }
    return undefined;
  }

  #fail(problem: string): never {
    const place = this.#node ? this.#place(this.#node) : `template: ${this.#name}`;
    throw new TemplateError('execute', `${place}: ${problem}`, this.#shared.output.join(''));
  }

  #place(node: Node): string {
    const before = this.#shared.source.slice(0, node.position);
    const lines = before.split('\n');
    const column = Buffer.byteLength(lines.at(-1) ?? '');
    return `template: ${this.#shared.name}:${lines.length}:${column}: executing ${quote(this.#name)} at <${sourceOf(node)}>`;
  }

  /** Runs what may throw FunctionError, which becomes an error at the present node. */
  #guard<T>(run: () => T, prefix = ''): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof FunctionError) this.#fail(prefix + error.message);
      throw error;
    }
  }

  #spend(characters = 0): void {
    this.#guard(() => this.#shared.budget.spend(characters));
  }

  #write(text: string): void {
    this.#spend(text.length);
    this.#shared.output.push(text);
  }

  #walk(dot: GoValue, node: Statement): Jump {
    this.#node = node;
    this.#spend();
    switch (node.kind) {
      case 'text':
        this.#write(node.text);
        return undefined;
      case 'action': {
        const value = this.#pipeline(dot, node.pipeline);
        this.#node = node;
        if (node.pipeline.declarations.length === 0) this.#write(this.#guard(() => print([printable(value)])));
        return undefined;
      }
      case 'break':
      case 'continue':
        return node.kind;
      case 'range':
        return this.#range(dot, node);
      case 'template':
        return this.#template(dot, node);
      default:
        return this.#scoped(() => {
          const value = this.#pipeline(dot, node.pipeline);
          if (isTrue(value)) return this.walkAll(node.kind === 'with' ? value : dot, node.list);
          return node.otherwise && this.walkAll(dot, node.otherwise);
        });
    }
  }

  /** Variables declared inside are gone afterwards. */
  #scoped<T>(run: () => T): T {
    const mark = this.#variables.length;
    const result = run();
    this.#variables.length = mark;
    return result;
  }

  #range(dot: GoValue, node: BranchNode): Jump {
    return this.#scoped(() => {
      const { value } = indirect(this.#pipeline(dot, node.pipeline));
      let isEmpty = true;
      for (const [index, element] of this.#elements(value, node)) {
        isEmpty = false;
        this.#spend();
        this.#setLoopVariables(node.pipeline, index, element);
        const jump = this.#scoped(() => this.walkAll(element, node.list));
        if (jump === 'break') return undefined;
      }
      return isEmpty && node.otherwise ? this.walkAll(dot, node.otherwise) : undefined;
    });
  }

  *#elements(value: GoValue, node: BranchNode): Generator<[GoValue, GoValue]> {
    switch (value.kind) {
      case 'invalid':
        return;
      case 'int':
      case 'uint':
        if (node.pipeline.declarations.length > 1) this.#fail(`can't use ${print([value])} to iterate over more than one variable`);
        for (let index = 0n; index < value.value; index += 1n) yield [INVALID, { ...value, value: index }];
        return;
      case 'slice':
        for (const index of value.items.keys()) yield [goInt(index), itemAt(value, index)];
        return;
      case 'map':
        for (const key of sortedKeys(value.source)) yield [goString(key), entryOf(value, key)];
        return;
      default:
        this.#fail(`range can't iterate over ${print([value])}`);
    }
  }

  /** With one variable it is the element, with two the index comes first. */
  #setLoopVariables(pipeline: PipelineNode, index: GoValue, element: GoValue): void {
    const names = pipeline.declarations.map((declaration) => declaration.path[0] ?? '');
    const values = names.length > 1 ? [index, element] : [element];
    for (const [position, name] of names.entries()) {
      const value = values[position] ?? INVALID;
      if (pipeline.isAssignment) this.#variable(name).value = value;
      else {
        const variable = this.#variables[this.#variables.length - names.length + position];
        if (variable) variable.value = value;
      }
    }
  }

  #template(dot: GoValue, node: TemplateCallNode): Jump {
    const statements = this.#shared.templates.get(node.name);
    if (!statements) this.#fail(`template ${quote(node.name)} not defined`);
    if (this.#depth === MAX_TEMPLATE_DEPTH) this.#fail(`exceeded maximum template depth (${MAX_TEMPLATE_DEPTH})`);
    const value = node.pipeline ? this.#pipeline(dot, node.pipeline) : INVALID;
    new Frame(this.#shared, node.name, value, this.#depth + 1).walkAll(value, statements);
    return undefined;
  }

  #variable(name: string): Variable {
    return this.#variables.findLast((variable) => variable.name === name) ?? this.#fail(`undefined variable: ${name}`);
  }

  #pipeline(dot: GoValue, node: PipelineNode): GoValue {
    this.#node = node;
    let value: GoValue | undefined;
    for (const command of node.commands) value = unwrapInterface(this.#command(dot, command, value));
    const result = value ?? INVALID;
    for (const declaration of node.declarations) {
      const name = declaration.path[0] ?? '';
      if (node.isAssignment) this.#variable(name).value = result;
      else this.#variables.push({ name, value: result });
    }
    return result;
  }

  /** `final` is the value piped in: the last argument. */
  #command(dot: GoValue, command: CommandNode, final: GoValue | undefined): GoValue {
    const [first, ...args] = command.operands;
    if (!first) this.#fail('empty command');
    this.#spend();
    const hasArguments = args.length > 0 || final !== undefined;
    switch (first.kind) {
      case 'identifier':
        return this.#function(dot, first, command, args, final);
      case 'field':
      case 'chain':
        return this.#operand(dot, first, hasArguments);
      case 'variable':
        if (first.path.length > 1) return this.#operand(dot, first, hasArguments);
        this.#node = first;
        this.#variable(first.path[0] ?? '');
        break;
      case 'pipeline':
        break;
      default:
        this.#node = first;
    }
    if (hasArguments) this.#fail(`can't give argument to non-function ${sourceOf(first)}`);
    if (first.kind === 'nil') this.#fail('nil is not a command');
    return this.#operand(dot, first, false);
  }

  #operand(dot: GoValue, node: Operand, hasArguments: boolean): GoValue {
    if (node.kind !== 'pipeline') this.#node = node;
    switch (node.kind) {
      case 'dot':
        return dot;
      case 'nil':
        return INVALID;
      case 'bool':
        return goBool(node.value);
      case 'string':
        return goString(node.value);
      case 'number':
        return this.#constant(node);
      case 'identifier':
        return this.#function(dot, node, node, [], undefined);
      case 'pipeline':
        return this.#pipeline(dot, node);
      case 'field':
        return this.#fields(dot, node.path, hasArguments);
      case 'variable':
        return this.#fields(this.#variable(node.path[0] ?? '').value, node.path.slice(1), hasArguments);
      case 'chain': {
        if (node.base.kind === 'nil') this.#fail(`indirection through explicit nil in ${sourceOf(node)}`);
        return this.#fields(this.#operand(dot, node.base, false), node.path, hasArguments);
      }
    }
  }

  #constant(node: NumberNode): GoValue {
    if (typeof node.value === 'number') return goFloat(node.value);
    if (!fitsInt(node.value)) this.#fail(`${node.literal} overflows int`);
    return goInt(node.value);
  }

  #fields(receiver: GoValue, path: readonly string[], hasArguments: boolean): GoValue {
    let value = receiver;
    for (const [index, name] of path.entries()) {
      value = this.#guard(() => fieldOf(value, name, hasArguments && index === path.length - 1));
    }
    return value;
  }

  #function(dot: GoValue, identifier: IdentifierNode, place: Node, args: readonly Operand[], final: GoValue | undefined): GoValue {
    this.#node = identifier;
    const { name } = identifier;
    const target = this.#shared.functions.get(name) ?? this.#fail(`${quote(name)} is not a defined function`);
    this.#checkCount(name, target, args.length, final);
    if (name === 'and' || name === 'or') return this.#shortCircuit(dot, name === 'or', args, final);
    const typeAt = (index: number): ParameterType => target.parameters[Math.min(index, target.parameters.length - 1)] ?? 'any';
    const values = args.map((arg, index) => this.#argument(dot, arg, typeAt(index)));
    if (final) values.push(this.#guard(() => assign(final, typeAt(args.length))));
    try {
      const result = target.call(values);
      if (result.kind === 'string') this.#spend(result.value.length);
      return result;
    } catch (error) {
      this.#node = place;
      if (error instanceof FunctionError) this.#fail(`error calling ${name}: ${error.message}`);
      throw error;
    }
  }

  #checkCount(name: string, target: TemplateFunction, given: number, final: GoValue | undefined): void {
    const count = given + (final ? 1 : 0);
    const wanted = target.parameters.length;
    if (target.isVariadic) {
      if (count < wanted - 1) this.#fail(`wrong number of args for ${name}: want at least ${wanted - 1} got ${given}`);
    } else if (count !== wanted) this.#fail(`wrong number of args for ${name}: want ${wanted} got ${count}`);
  }

  /** `and` and `or` evaluate no more arguments than they need and give back the one that decided. */
  #shortCircuit(dot: GoValue, wanted: boolean, args: readonly Operand[], final: GoValue | undefined): GoValue {
    let value: GoValue = INVALID;
    for (const arg of args) {
      value = this.#argument(dot, arg, 'value');
      if (isTrue(value) === wanted) return value;
    }
    return final ?? value;
  }

  #argument(dot: GoValue, node: Operand, type: ParameterType): GoValue {
    this.#node = node;
    if (node.kind === 'nil') return this.#guard(() => assignNil(type));
    if (type === 'string' && (node.kind === 'bool' || node.kind === 'number')) this.#fail(`expected string; found ${sourceOf(node)}`);
    const value = this.#operand(dot, node, false);
    return this.#guard(() => assign(value, type));
  }
}
