/** json, prettyjson and join as docker-machine's and docker's own templates have them. */
import { FunctionError } from './errors.ts';
import { print } from './print.ts';
import { goValue } from './value.ts';

/** encoding/json escapes what HTML and JavaScript would read. */
const ESCAPED: Record<string, string> = { '<': '\\u003c', '>': '\\u003e', '&': '\\u0026', '\u2028': '\\u2028', '\u2029': '\\u2029' };

/** Keys sorted at every level, as Go prints maps. */
function encode(value: unknown, indent: number): string {
  const sorted = JSON.stringify(
    value ?? null,
    (_, field: unknown) => {
      if (typeof field === 'bigint') return Number(field);
      if (typeof field !== 'object' || field === null || Array.isArray(field)) return field;
      const entries = Object.entries(field).map(([key, inner]) => [key, inner] as const);
      return Object.fromEntries(entries.sort(([left], [right]) => Buffer.compare(Buffer.from(left), Buffer.from(right))));
    },
    indent,
  );
  return sorted.replace(/[<>&\u2028\u2029]/g, (character) => ESCAPED[character] ?? character);
}

/** For the `functions` option of renderTemplate. */
export const jsonFunctions = {
  json: (value: unknown): string => encode(value, 0),
  prettyjson: (value: unknown): string => encode(value, 4),
  join: (elements: unknown, separator: unknown): string => {
    if (elements === null) return '';
    if (!Array.isArray(elements)) throw new FunctionError(`expected slice, got ${typeof elements}`);
    return elements.map((element) => print([goValue(element)])).join(String(separator));
  },
};
