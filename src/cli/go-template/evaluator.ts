/** Evaluates a parsed template as text/template does: https://pkg.go.dev/text/template#hdr-Actions */
import { evaluatePipeline } from './expression.ts';
import { type Evaluation, Frame } from './frame.ts';
import type { BranchNode, PipelineNode, Statement, TemplateCallNode } from './node.ts';
import { print, printable } from './print.ts';
import { quote } from './quote.ts';
import { entryOf, type GoValue, goInt, goString, INVALID, indirect, isTrue, itemAt, sortedKeys } from './value.ts';

/** Go stops at 100000 on its growing stack. */
const MAX_TEMPLATE_DEPTH = 500;

/** What ends an iteration of a range early. */
type Jump = 'break' | 'continue' | undefined;

/** Evaluates the template named `evaluation.name`, appending to `evaluation.output`. Throws TemplateError of phase `execute`. */
export function execute(evaluation: Evaluation, data: GoValue): void {
  const root = new Frame(evaluation, evaluation.name, data, 0);
  walkAll(root, data, evaluation.templates.get(evaluation.name) ?? []);
}

function walkAll(frame: Frame, dot: GoValue, statements: readonly Statement[]): Jump {
  for (const statement of statements) {
    const jump = walk(frame, dot, statement);
    if (jump) return jump;
  }
  return undefined;
}

function walk(frame: Frame, dot: GoValue, node: Statement): Jump {
  frame.node = node;
  frame.spend();
  switch (node.kind) {
    case 'text':
      frame.write(node.text);
      return undefined;
    case 'action': {
      const value = evaluatePipeline(frame, dot, node.pipeline);
      frame.node = node;
      if (node.pipeline.declarations.length === 0) frame.write(print([printable(value)]));
      return undefined;
    }
    case 'break':
    case 'continue':
      return node.kind;
    case 'range':
      return walkRange(frame, dot, node);
    case 'template':
      callTemplate(frame, dot, node);
      return undefined;
    default:
      return walkCondition(frame, dot, node);
  }
}

/** `if` and `with`, which differ in what dot is inside. */
function walkCondition(frame: Frame, dot: GoValue, node: BranchNode): Jump {
  return frame.scoped(() => {
    const value = evaluatePipeline(frame, dot, node.pipeline);
    if (isTrue(value)) return walkAll(frame, node.kind === 'with' ? value : dot, node.list);
    return node.otherwise && walkAll(frame, dot, node.otherwise);
  });
}

function walkRange(frame: Frame, dot: GoValue, node: BranchNode): Jump {
  return frame.scoped(() => {
    const { value } = indirect(evaluatePipeline(frame, dot, node.pipeline));
    let isEmpty = true;
    for (const [index, element] of elements(frame, value, node.pipeline)) {
      isEmpty = false;
      frame.spend();
      setLoopVariables(frame, node.pipeline, index, element);
      const jump = frame.scoped(() => walkAll(frame, element, node.list));
      if (jump === 'break') return undefined;
    }
    return isEmpty && node.otherwise ? walkAll(frame, dot, node.otherwise) : undefined;
  });
}

function* elements(frame: Frame, value: GoValue, { declarations }: PipelineNode): Generator<[GoValue, GoValue]> {
  switch (value.kind) {
    case 'invalid':
      return;
    case 'int':
    case 'uint':
      if (declarations.length > 1) frame.fail(`can't use ${print([value])} to iterate over more than one variable`);
      for (let index = 0n; index < value.value; index += 1n) yield [INVALID, { ...value, value: index }];
      return;
    case 'slice':
      for (const index of value.items.keys()) yield [goInt(index), itemAt(value, index)];
      return;
    case 'map':
      for (const key of sortedKeys(value.source)) yield [goString(key), entryOf(value, key)];
      return;
    default:
      frame.fail(`range can't iterate over ${print([value])}`);
  }
}

/** With one variable it is the element, with two the index comes first. */
function setLoopVariables(frame: Frame, pipeline: PipelineNode, index: GoValue, element: GoValue): void {
  const names = pipeline.declarations.map((declaration) => declaration.path[0] ?? '');
  const values = names.length > 1 ? [index, element] : [element];
  for (const [position, name] of names.entries()) {
    const value = values[position] ?? INVALID;
    if (pipeline.isAssignment) frame.assign(name, value);
    else frame.setLast(names.length - position, value);
  }
}

/** The template called sees none of the caller's variables. */
function callTemplate(frame: Frame, dot: GoValue, node: TemplateCallNode): void {
  const { evaluation, depth } = frame;
  const statements = evaluation.templates.get(node.name) ?? frame.fail(`template ${quote(node.name)} not defined`);
  if (depth === MAX_TEMPLATE_DEPTH) frame.fail(`exceeded maximum template depth (${MAX_TEMPLATE_DEPTH})`);
  const value = node.pipeline ? evaluatePipeline(frame, dot, node.pipeline) : INVALID;
  walkAll(new Frame(evaluation, node.name, value, depth + 1), value, statements);
}
