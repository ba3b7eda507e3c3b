import type { Budget } from './budget.ts';
import { FunctionError, TemplateError } from './errors.ts';
import type { TemplateFunction } from './function.ts';
import { type Node, sourceOf, type TemplateSet } from './node.ts';
import { quote } from './quote.ts';
import type { GoValue } from './value.ts';

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

/** One template under evaluation: its variables, and the node errors are told at. */
export class Frame {
  /** How many templates called one another to get here. */
  readonly depth: number;
  readonly evaluation: Evaluation;
  node: Node | undefined;
  readonly #name: string;
  readonly #variables: Variable[];

  constructor(evaluation: Evaluation, name: string, dot: GoValue, depth: number) {
    this.evaluation = evaluation;
    this.depth = depth;
    this.#name = name;
    this.#variables = [{ name: '$', value: dot }];
  }

  /** Throws a TemplateError told at the present node. */
  fail(problem: string): never {
    const { source, name, output } = this.evaluation;
    if (!this.node) throw new TemplateError('execute', `template: ${this.#name}: ${problem}`, output.join(''));
    const lines = source.slice(0, this.node.position).split('\n');
    const place = `${name}:${lines.length}:${Buffer.byteLength(lines.at(-1) ?? '')}`;
    const context = `executing ${quote(this.#name)} at <${sourceOf(this.node)}>`;
    throw new TemplateError('execute', `template: ${place}: ${context}: ${problem}`, output.join(''));
  }

  /** Runs what may throw FunctionError, which becomes an error at the present node. */
  guard<T>(run: () => T): T {
    try {
      return run();
    } catch (error) {
      if (error instanceof FunctionError) this.fail(error.message);
      throw error;
    }
  }

  /** Counts a step, and the characters it made. */
  spend(characters = 0): void {
    this.guard(() => this.evaluation.budget.spend(characters));
  }

  write(text: string): void {
    this.spend(text.length);
    this.evaluation.output.push(text);
  }

  declare(name: string, value: GoValue): void {
    this.#variables.push({ name, value });
  }

  assign(name: string, value: GoValue): void {
    this.#find(name).value = value;
  }

  variable(name: string): GoValue {
    return this.#find(name).value;
  }

  /** The parser knows the names; a declaration can still stand after its use when a pipeline uses what it declares. */
  #find(name: string): Variable {
    return this.#variables.findLast((variable) => variable.name === name) ?? this.fail(`undefined variable: ${name}`);
  }

  /** Sets the `nth` variable from the last declared one, counting from 1. */
  setLast(nth: number, value: GoValue): void {
    const variable = this.#variables.at(-nth);
    if (variable) variable.value = value;
  }

  /** Variables declared inside are gone afterwards. */
  scoped<T>(run: () => T): T {
    const mark = this.#variables.length;
    const result = run();
    this.#variables.length = mark;
    return result;
  }
}
