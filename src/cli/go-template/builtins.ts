/** The functions every template has: https://pkg.go.dev/text/template#hdr-Functions (without `call`: no data of ours is a function). */
import { index, length, slice } from './access.ts';
import { equal, less } from './compare.ts';
import { FunctionError } from './errors.ts';
import { escapeHtml, escapeJs, escapeQuery } from './escape.ts';
import type { ParameterType, TemplateFunction } from './function.ts';
import { print, printable, println } from './print.ts';
import { printf } from './printf.ts';
import { type GoValue, goBool, goInt, goString, INVALID, isTrue } from './value.ts';

function fixed(count: number, run: (first: GoValue, second: GoValue) => GoValue): TemplateFunction {
  return {
    parameters: Array<ParameterType>(count).fill('value'),
    isVariadic: false,
    call: ([first = INVALID, second = INVALID]) => run(first, second),
  };
}

/** One argument at least, then any number. */
function variadic(first: ParameterType, rest: ParameterType, run: (first: GoValue, rest: readonly GoValue[]) => GoValue): TemplateFunction {
  return { parameters: [first, rest], isVariadic: true, call: ([head = INVALID, ...tail]) => run(head, tail) };
}

function text(run: (values: readonly GoValue[]) => string): TemplateFunction {
  return { parameters: ['any'], isVariadic: true, call: (values) => goString(run(values)) };
}

const escaper = (encode: (value: string) => string): TemplateFunction =>
  text((values) => encode(print(values.map((value) => printable(value.kind === 'interface' ? INVALID : value)))));

/** `and` and `or` are evaluated by the evaluator, argument by argument. */
const shortCircuit = variadic('value', 'value', () => {
  throw new FunctionError('unreachable');
});

const notGreater = (first: GoValue, second: GoValue): boolean => less(first, second) || equal(first, [second]);

export const BUILTINS: ReadonlyMap<string, TemplateFunction> = new Map(
  Object.entries({
    and: shortCircuit,
    or: shortCircuit,
    not: fixed(1, (value) => goBool(!isTrue(value))),
    eq: variadic('value', 'value', (first, others) => goBool(equal(first, others))),
    ne: fixed(2, (first, second) => goBool(!equal(first, [second]))),
    lt: fixed(2, (first, second) => goBool(less(first, second))),
    le: fixed(2, (first, second) => goBool(notGreater(first, second))),
    gt: fixed(2, (first, second) => goBool(!notGreater(first, second))),
    ge: fixed(2, (first, second) => goBool(!less(first, second))),
    index: variadic('value', 'value', index),
    slice: variadic('value', 'value', slice),
    len: fixed(1, (value) => goInt(length(value))),
    print: text(print),
    println: text(println),
    printf: variadic('string', 'any', (format, args) => goString(printf(format.kind === 'string' ? format.value : '', args))),
    html: escaper(escapeHtml),
    js: escaper(escapeJs),
    urlquery: escaper(escapeQuery),
  }),
);
