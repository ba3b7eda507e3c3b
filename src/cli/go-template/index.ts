/** Go's text/template, as users of `ls --format` and `inspect -f` write it. */

import { Budget } from './budget.ts';
import { BUILTINS } from './builtins.ts';
import { TemplateError } from './errors.ts';
import { execute } from './evaluator.ts';
import { plainFunction, type TemplateFunction } from './function.ts';
import { parse } from './parser.ts';
import { goValue } from './value.ts';

export { goDuration } from './duration.ts';
export { TemplateError } from './errors.ts';
export { jsonFunctions } from './json.ts';
export { goInt, goPointer, goSlice, goStruct } from './value.ts';

export interface TemplateOptions {
  /** More functions; plain ones get plain data and declare how many arguments they take (none declared: any number). */
  functions?: Readonly<Record<string, TemplateFunction | ((...args: never[]) => unknown)>>;
  /** Shown in errors, empty by default as in docker-machine. */
  name?: string;
}

/**
 * Renders a template with data: plain JSON data, which Go would see as maps, or values made by goStruct and its like.
 * Throws TemplateError with Go's text.
 */
export function renderTemplate(text: string, data: unknown, options: TemplateOptions = {}): string {
  return compileTemplate(text, options)(data);
}

/** Parses once, renders many times. Throws TemplateError, as does what it returns. */
export function compileTemplate(text: string, options: TemplateOptions = {}): (data: unknown) => string {
  const name = options.name ?? '';
  const functions = new Map(BUILTINS);
  for (const [key, run] of Object.entries(options.functions ?? {})) {
    functions.set(key, typeof run === 'function' ? plainFunction(run as (...args: unknown[]) => unknown) : run);
  }
  const templates = withinStack('parse', name, () => parse(name, text, (key) => functions.has(key)));
  return (data) => {
    const output: string[] = [];
    const evaluation = { source: text, name, templates, functions, budget: new Budget(), output };
    withinStack('execute', name, () => execute(evaluation, goValue(data)));
    return output.join('');
  };
}

/** Data or a template nested beyond the stack is the user's mistake, not a bug of ours. */
function withinStack<T>(phase: 'parse' | 'execute', name: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof RangeError) throw new TemplateError(phase, `template: ${name}: nested too deeply or too long`);
    throw error;
  }
}
