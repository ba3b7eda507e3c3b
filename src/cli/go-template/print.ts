/** Go's fmt.Sprint, Sprintln and what text/template prints: https://pkg.go.dev/fmt#Sprint */
import { printVerb } from './printer.ts';
import { type GoValue, goString, indirect, unwrapInterface } from './value.ts';

/** The value as a template prints it: what a pointer points to, and `<no value>` for nothing. */
export function printable(value: GoValue): GoValue {
  const target = value.kind === 'pointer' ? indirect(value).value : value;
  return target.kind === 'invalid' ? goString('<no value>') : target;
}

const isString = (value: GoValue): boolean => unwrapInterface(value).kind === 'string';

/** A blank between two operands when neither is a string. */
export function print(values: readonly GoValue[]): string {
  return values
    .map((value, index) => {
      const previous = values[index - 1];
      return (previous && !isString(previous) && !isString(value) ? ' ' : '') + printVerb(value, 'v', {});
    })
    .join('');
}

export function println(values: readonly GoValue[]): string {
  return `${values.map((value) => printVerb(value, 'v', {})).join(' ')}\n`;
}
