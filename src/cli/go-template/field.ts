import { FunctionError } from './errors.ts';
import { entryOf, type GoValue, goValue, INVALID, indirect, typeName } from './value.ts';

/**
 * `.name` of a value: a method, a field of a struct, or an entry of a map (INVALID when there is none).
 * A field of nothing is nothing; one of a nil pointer, or of what has no fields, throws FunctionError.
 */
export function fieldOf(receiver: GoValue, name: string, hasArguments: boolean): GoValue {
  if (receiver.kind === 'invalid') return INVALID;
  const { value, isNil } = indirect(receiver);
  if (isNil) throw new FunctionError(`nil pointer evaluating ${typeName(receiver)}.${name}`);
  switch (value.kind) {
    case 'int':
    case 'uint': {
      const method = Object.hasOwn(value.methods, name) ? value.methods[name] : undefined;
      if (!method) break;
      if (hasArguments) throw new FunctionError(`wrong number of args for ${name}: want 0 got 1`);
      return goValue(method());
    }
    case 'struct':
      if (!Object.hasOwn(value.fields, name)) break;
      if (hasArguments) throw new FunctionError(`${name} has arguments but cannot be invoked as function`);
      return goValue(value.fields[name]);
    case 'map':
      if (hasArguments) throw new FunctionError(`${name} is not a method but has arguments`);
      return entryOf(value, name);
  }
  throw new FunctionError(`can't evaluate field ${name} in type ${typeName(receiver)}`);
}
