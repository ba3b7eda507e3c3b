/** json, prettyjson and join as docker-machine's and docker's own templates have them. */
import { FunctionError } from './errors.ts';
import type { TemplateFunction } from './function.ts';
import { print } from './print.ts';
import { entryOf, type GoValue, goString, goValue, itemAt, NIL_INTERFACE, sortedKeys, typeName } from './value.ts';

/** encoding/json escapes what HTML and JavaScript would read. */
const ESCAPED: Record<string, string> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', '\u2028': '\\u2028', '\u2029': '\\u2029' };

function encodeString(text: string): string {
  return JSON.stringify(text).replace(/[<>&\u2028\u2029]/g, (character) => ESCAPED[character] ?? character);
}

/** encoding/json: keys of maps sorted, structs in their own order. `newline` is empty for the compact form. */
function encode(value: GoValue, newline: string, indent: string): string {
  const inner = newline + indent;
  const list = (open: string, items: readonly string[], close: string): string =>
    items.length === 0 ? open + close : open + inner + items.join(`,${inner}`) + newline + close;
  const field = (key: string, entry: GoValue): string => `${encodeString(key)}:${newline === '' ? '' : ' '}${encode(entry, inner, indent)}`;
  switch (value.kind) {
    case 'invalid':
      return 'null';
    case 'interface':
    case 'pointer':
      return value.element ? encode(value.element, newline, indent) : 'null';
    case 'string':
      return encodeString(value.value);
    case 'slice': {
      const items = value.items.map((_, index) => encode(itemAt(value, index), inner, indent));
      return list('[', items, ']');
    }
    case 'map': {
      const fields = sortedKeys(value.source).map((key) => field(key, entryOf(value, key)));
      return list('{', fields, '}');
    }
    case 'struct': {
      const fields = Object.entries(value.fields).map(([key, entry]) => field(key, goValue(entry)));
      return list('{', fields, '}');
    }
    default:
      return Object.is(value.value, -0) ? '-0' : String(value.value);
  }
}

function encoder(newline: string, indent: string): TemplateFunction {
  return { parameters: ['any'], isVariadic: false, call: ([value = NIL_INTERFACE]) => goString(encode(value, newline, indent)) };
}

/** Anything printed and put together; no list at all gives an empty text. */
const join: TemplateFunction = {
  parameters: ['any', 'string'],
  isVariadic: false,
  call([elements = NIL_INTERFACE, separator]) {
    if (elements.kind === 'interface') return goString('');
    if (elements.kind !== 'slice')
      throw new FunctionError(`expected slice, got ${elements.kind === 'invalid' ? 'nil' : typeName(elements)}`);
    const parts = elements.items.map((_, index) => print([itemAt(elements, index)]));
    return goString(parts.join(separator?.kind === 'string' ? separator.value : ''));
  },
};

/** For the `functions` option of renderTemplate. */
export const jsonFunctions: Readonly<Record<'json' | 'prettyjson' | 'join', TemplateFunction>> = {
  json: encoder('', ''),
  prettyjson: encoder('\n', '    '),
  join,
};
