/** eq ne lt le gt ge of text/template: https://pkg.go.dev/text/template#hdr-Functions */
import { FunctionError } from './errors.ts';
import { print } from './print.ts';
import { printVerb } from './printer.ts';
import { type ConcreteValue, compareBytes, type GoValue, type InvalidValue, typeName, unwrapInterface } from './value.ts';

const BASIC = new Set(['bool', 'int', 'uint', 'float', 'string']);

const isNil = (value: GoValue): boolean => value.kind === 'invalid' || (value.kind === 'pointer' && value.element === null);

/** True if the first equals any of the others. Throws FunctionError for types that do not compare. */
export function equal(first: GoValue, others: readonly GoValue[]): boolean {
  if (others.length === 0) throw new FunctionError('missing argument for comparison');
  const left = unwrapInterface(first);
  return others.some((other) => equalPair(left, unwrapInterface(other)));
}

function equalPair(left: ConcreteValue | InvalidValue, right: ConcreteValue | InvalidValue): boolean {
  const isInteger = isIntegerKind(left) && isIntegerKind(right);
  if (isInteger) return left.value === right.value;
  if (left.kind !== right.kind && (BASIC.has(left.kind) || BASIC.has(right.kind))) {
    if (left.kind === 'invalid' || right.kind === 'invalid') return false;
    throw incompatible(left, right);
  }
  if (BASIC.has(left.kind)) return 'value' in left && 'value' in right && left.value === right.value;
  if (left.kind !== right.kind && left.kind !== 'invalid' && right.kind !== 'invalid') {
    const [leftType, rightType] = [typeName(left), typeName(right)];
    throw new FunctionError(`non-comparable types ${printVerb(left, 's', {})}: ${leftType}, ${rightType}: ${print([right])}`);
  }
  if (isNil(left) || isNil(right)) return isNil(left) === isNil(right);
  if (right.kind === 'map' || right.kind === 'slice') {
    throw new FunctionError(`non-comparable type ${printVerb(right, 's', {})}: ${typeName(right)}`);
  }
  return left === right || (left.kind === 'pointer' && right.kind === 'pointer' && left.element === right.element);
}

function isIntegerKind(value: GoValue): value is GoValue & { kind: 'int' | 'uint' } {
  return value.kind === 'int' || value.kind === 'uint';
}

function incompatible(left: ConcreteValue, right: ConcreteValue): FunctionError {
  return new FunctionError(`incompatible types for comparison: ${typeName(left)} and ${typeName(right)}`);
}

/** True if the first is less. Throws FunctionError for types that have no order. */
export function less(first: GoValue, second: GoValue): boolean {
  const left = unwrapInterface(first);
  const right = unwrapInterface(second);
  if (!BASIC.has(left.kind) || !BASIC.has(right.kind) || left.kind === 'invalid' || right.kind === 'invalid') {
    throw new FunctionError('invalid type for comparison');
  }
  if (isIntegerKind(left) && isIntegerKind(right)) return left.value < right.value;
  if (left.kind !== right.kind) throw incompatible(left, right);
  if (left.kind === 'float' && right.kind === 'float') return left.value < right.value;
  if (left.kind === 'string' && right.kind === 'string') return compareBytes(left.value, right.value) < 0;
  throw new FunctionError('invalid type for comparison');
}
