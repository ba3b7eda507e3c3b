/** Evaluates pipelines, with the errors of Go's reflection: https://pkg.go.dev/text/template#hdr-Pipelines */
import { FunctionError } from './errors.ts';
import { fieldOf } from './field.ts';
import type { Frame } from './frame.ts';
import { assign, assignNil, type ParameterType, type TemplateFunction } from './function.ts';
import { type CommandNode, type IdentifierNode, type Node, type NumberNode, type Operand, type PipelineNode, sourceOf } from './node.ts';
import { fitsInt } from './number-literal.ts';
import { quote } from './quote.ts';
import { type GoValue, goBool, goFloat, goInt, goString, INVALID, isTrue, unwrapInterface } from './value.ts';

/** The value of the last command; each gets that of the one before as its last argument. Sets the variables it declares. */
export function evaluatePipeline(frame: Frame, dot: GoValue, node: PipelineNode): GoValue {
  frame.node = node;
  let value: GoValue | undefined;
  for (const command of node.commands) value = unwrapInterface(evaluateCommand(frame, dot, command, value));
  const result = value ?? INVALID;
  for (const { path } of node.declarations) {
    if (node.isAssignment) frame.assign(path[0] ?? '', result);
    else frame.declare(path[0] ?? '', result);
  }
  return result;
}

/** `final` is the value piped in. */
function evaluateCommand(frame: Frame, dot: GoValue, command: CommandNode, final: GoValue | undefined): GoValue {
  const [first, ...args] = command.operands;
  if (!first) frame.fail('empty command');
  frame.spend();
  const hasArguments = args.length > 0 || final !== undefined;
  if (first.kind === 'identifier') return callFunction(frame, dot, { identifier: first, place: command, args, final });
  const isFields = first.kind === 'field' || first.kind === 'chain' || (first.kind === 'variable' && first.path.length > 1);
  if (isFields) return evaluateOperand(frame, dot, first, hasArguments);
  if (first.kind !== 'pipeline') frame.node = first;
  if (first.kind === 'variable') frame.variable(first.path[0] ?? ''); // that it is not there is told before all else
  if (hasArguments) frame.fail(`can't give argument to non-function ${sourceOf(first)}`);
  if (first.kind === 'nil') frame.fail('nil is not a command');
  return evaluateOperand(frame, dot, first, false);
}

function evaluateOperand(frame: Frame, dot: GoValue, node: Operand, hasArguments: boolean): GoValue {
  if (node.kind !== 'pipeline') frame.node = node;
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
      return constant(frame, node);
    case 'identifier':
      return callFunction(frame, dot, { identifier: node, place: node, args: [], final: undefined });
    case 'pipeline':
      return evaluatePipeline(frame, dot, node);
    case 'field':
      return follow(frame, dot, node.path, hasArguments);
    case 'variable':
      return follow(frame, frame.variable(node.path[0] ?? ''), node.path.slice(1), hasArguments);
    case 'chain':
      if (node.base.kind === 'nil') frame.fail(`indirection through explicit nil in ${sourceOf(node)}`);
      return follow(frame, evaluateOperand(frame, dot, node.base, false), node.path, hasArguments);
  }
}

function constant(frame: Frame, node: NumberNode): GoValue {
  if (typeof node.value === 'number') return goFloat(node.value);
  if (!fitsInt(node.value)) frame.fail(`${node.literal} overflows int`);
  return goInt(node.value);
}

function follow(frame: Frame, receiver: GoValue, path: readonly string[], hasArguments: boolean): GoValue {
  let value = receiver;
  for (const [index, name] of path.entries()) {
    value = frame.guard(() => fieldOf(value, name, hasArguments && index === path.length - 1));
  }
  return value;
}

interface FunctionCall {
  readonly identifier: IdentifierNode;
  /** Where an error of the function itself is told. */
  readonly place: Node;
  readonly args: readonly Operand[];
  readonly final: GoValue | undefined;
}

function callFunction(frame: Frame, dot: GoValue, call: FunctionCall): GoValue {
  const { identifier, args, final } = call;
  const { name } = identifier;
  frame.node = identifier;
  const target = frame.evaluation.functions.get(name) ?? frame.fail(`${quote(name)} is not a defined function`);
  checkCount(frame, target, call);
  if (name === 'and' || name === 'or') return shortCircuit(frame, dot, name === 'or', call);
  const typeAt = (index: number): ParameterType => target.parameters[Math.min(index, target.parameters.length - 1)] ?? 'any';
  const values = args.map((arg, index) => evaluateArgument(frame, dot, arg, typeAt(index)));
  if (final) values.push(frame.guard(() => assign(final, typeAt(args.length))));
  try {
    const result = target.call(values);
    if (result.kind === 'string') frame.spend(result.value.length);
    return result;
  } catch (error) {
    frame.node = call.place;
    if (error instanceof FunctionError) frame.fail(`error calling ${name}: ${error.message}`);
    throw error;
  }
}

function checkCount(frame: Frame, target: TemplateFunction, { identifier: { name }, args, final }: FunctionCall): void {
  const count = args.length + (final ? 1 : 0);
  const wanted = target.parameters.length;
  if (target.isVariadic) {
    if (count < wanted - 1) frame.fail(`wrong number of args for ${name}: want at least ${wanted - 1} got ${args.length}`);
  } else if (count !== wanted) frame.fail(`wrong number of args for ${name}: want ${wanted} got ${count}`);
}

/** `and` and `or` evaluate no more arguments than they need and give back the one that decided. */
function shortCircuit(frame: Frame, dot: GoValue, wanted: boolean, { args, final }: FunctionCall): GoValue {
  let value: GoValue = INVALID;
  for (const arg of args) {
    value = evaluateArgument(frame, dot, arg, 'value');
    if (isTrue(value) === wanted) return value;
  }
  return final ?? value;
}

function evaluateArgument(frame: Frame, dot: GoValue, node: Operand, type: ParameterType): GoValue {
  frame.node = node;
  if (node.kind === 'nil') return frame.guard(() => assignNil(type));
  if (type === 'string' && (node.kind === 'bool' || node.kind === 'number')) frame.fail(`expected string; found ${sourceOf(node)}`);
  const value = evaluateOperand(frame, dot, node, false);
  return frame.guard(() => assign(value, type));
}
