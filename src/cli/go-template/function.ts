import { FunctionError } from './errors.ts';
import { type GoValue, goValue, INVALID, NIL_INTERFACE, plain, typeName } from './value.ts';

/** `value`: anything, also nothing at all; `any`: an `interface {}`, already unwrapped; `string`: strings only. */
export type ParameterType = 'value' | 'any' | 'string';

export interface TemplateFunction {
  readonly parameters: readonly ParameterType[];
  /** The last parameter may come any number of times. */
  readonly isVariadic: boolean;
  /** Throws FunctionError. */
  call(args: readonly GoValue[]): GoValue;
}

/** A function of plain TypeScript: its arguments are plain data, as many as it declares, any number if it declares none. */
export function plainFunction(run: (...args: unknown[]) => unknown): TemplateFunction {
  return {
    parameters: Array<ParameterType>(Math.max(run.length, 1)).fill('any'),
    isVariadic: run.length === 0,
    call: (args) => goValue(run(...args.map(plain))),
  };
}

/** An argument of the evaluator made fit for a parameter. Throws FunctionError. */
export function assign(value: GoValue, type: ParameterType): GoValue {
  if (type === 'value') return value;
  if (type === 'any') {
    if (value.kind === 'invalid') return NIL_INTERFACE;
    return value.kind === 'interface' ? (value.element ?? NIL_INTERFACE) : value;
  }
  if (value.kind === 'invalid') throw new FunctionError('invalid value; expected string');
  const concrete = value.kind === 'interface' && value.element ? value.element : value;
  if (concrete.kind !== 'string') throw new FunctionError(`wrong type for value; expected string; got ${typeName(concrete)}`);
  return concrete;
}

/** `nil` written as an argument. Throws FunctionError. */
export function assignNil(type: ParameterType): GoValue {
  if (type === 'string') throw new FunctionError('cannot assign nil to string');
  return type === 'any' ? NIL_INTERFACE : INVALID;
}
