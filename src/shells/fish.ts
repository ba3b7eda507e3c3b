import { cannotCarry, type Dialect, isPlainWord } from './dialect.ts';

/**
 * Double quotes, in which only `$`, `"` and a backslash before one of these mean something. `eval (…)` joins lines by blanks, so
 * control characters are written as escapes, which fish reads outside quotes only.
 */
function quoted(value: string): string {
  if (value.includes('\0')) throw cannotCarry('fish', 'a NUL', value);
  const escaped = value.replace(/[$"]|\\(?=[$"\\]|$)/g, '\\$&');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return `"${escaped.replace(/[\u0001-\u001f\u007f]/g, (character) => `"\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}"`)}"`;
}

export const fish: Dialect = {
  name: 'fish',
  comment: '#',
  set: (variable, value) => `set -gx ${variable} ${quoted(value)};`,
  unset: (variable) => `set -e ${variable};`,
  evaluate: (words) => `eval (${words.map((word) => (isPlainWord(word) ? word : quoted(word))).join(' ')})`,
};
