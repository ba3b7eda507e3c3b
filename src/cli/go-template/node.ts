/** The syntax tree of a template, and its text as Go's errors show it (`at <.Name>`). */
import { quote } from './quote.ts';

interface At {
  /** Offset in the template, in UTF-16 units. */
  readonly position: number;
}

export type Operand =
  | (At & { readonly kind: 'dot' })
  | (At & { readonly kind: 'nil' })
  | (At & { readonly kind: 'bool'; readonly value: boolean })
  | NumberNode
  | (At & { readonly kind: 'string'; readonly literal: string; readonly value: string })
  | IdentifierNode
  | FieldNode
  | VariableNode
  | ChainNode
  | PipelineNode;

/** A constant: an integer where the literal is one, a float where it is written as one. */
export interface NumberNode extends At {
  readonly kind: 'number';
  readonly literal: string;
  readonly value: bigint | number;
}
export interface IdentifierNode extends At {
  readonly kind: 'identifier';
  readonly name: string;
}
/** `.A.B`: fields of dot. */
export interface FieldNode extends At {
  readonly kind: 'field';
  readonly path: readonly string[];
}
/** `$x.A`: the first of `path` is the variable with its dollar. */
export interface VariableNode extends At {
  readonly kind: 'variable';
  readonly path: readonly string[];
}
/** `(pipeline).A.B`, or fields of a function's result. */
export interface ChainNode extends At {
  readonly kind: 'chain';
  readonly base: Operand;
  readonly path: readonly string[];
}
export interface CommandNode extends At {
  readonly kind: 'command';
  readonly operands: readonly Operand[];
}
export interface PipelineNode extends At {
  readonly kind: 'pipeline';
  readonly declarations: readonly VariableNode[];
  readonly isAssignment: boolean;
  readonly commands: readonly CommandNode[];
}
export interface BranchNode extends At {
  readonly kind: 'if' | 'with' | 'range';
  readonly pipeline: PipelineNode;
  readonly list: readonly Statement[];
  readonly otherwise: readonly Statement[] | undefined;
}
export interface TemplateCallNode extends At {
  readonly kind: 'template';
  readonly name: string;
  readonly pipeline: PipelineNode | undefined;
}
export type Statement =
  | (At & { readonly kind: 'text'; readonly text: string })
  | (At & { readonly kind: 'action'; readonly pipeline: PipelineNode })
  | (At & { readonly kind: 'break' | 'continue' })
  | BranchNode
  | TemplateCallNode;

/** Template name → its statements. The template itself is under the name it was given. */
export type TemplateSet = Map<string, readonly Statement[]>;

export type Node = Operand | CommandNode | Statement;

/** The source of a node, rebuilt as Go rebuilds it: single blanks, no trim markers. */
export function sourceOf(node: Node): string {
  switch (node.kind) {
    case 'dot':
      return '.';
    case 'bool':
      return String(node.value);
    case 'number':
    case 'string':
      return node.literal;
    case 'identifier':
      return node.name;
    case 'field':
      return node.path.map((name) => `.${name}`).join('');
    case 'variable':
      return node.path.join('.');
    case 'chain':
      return grouped(node.base) + node.path.map((name) => `.${name}`).join('');
    case 'command':
      return node.operands.map(grouped).join(' ');
    case 'pipeline':
      return pipelineSource(node);
    case 'text':
      return node.text;
    case 'action':
      return `{{${sourceOf(node.pipeline)}}}`;
    case 'nil':
      return 'nil';
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`;
    case 'template':
      return `{{template ${quote(node.name)}${node.pipeline ? ` ${sourceOf(node.pipeline)}` : ''}}}`;
    default:
      return branchSource(node);
  }
}

function grouped(node: Operand): string {
  return node.kind === 'pipeline' ? `(${sourceOf(node)})` : sourceOf(node);
}

function pipelineSource(node: PipelineNode): string {
  const names = node.declarations.map(sourceOf).join(', ');
  const prefix = names === '' ? '' : `${names} ${node.isAssignment ? '=' : ':='} `;
  return prefix + node.commands.map(sourceOf).join(' | ');
}

function branchSource(node: BranchNode): string {
  const otherwise = node.otherwise ? `{{else}}${node.otherwise.map(sourceOf).join('')}` : '';
  return `{{${node.kind} ${sourceOf(node.pipeline)}}}${node.list.map(sourceOf).join('')}${otherwise}{{end}}`;
}
