import { cannotCarry, type Dialect, isPlainWord } from './dialect.ts';
import { octalEscaped } from './octal.ts';

/**
 * A word for sh, bash, dash and zsh, in double quotes. The documented use is `eval $(…)` without quotes: the text is split at
 * blanks and globbed before it is read, so what that would change (runs of blanks, control characters, glob characters, `!`)
 * goes through printf(1), whose argument has no such character.
 */
export function posixQuoted(value: string): string {
  if (value.includes('\0') || value.endsWith('\n')) throw cannotCarry('sh', 'a NUL or a newline at its end', value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\u0001-\u001f\u007f*?[!]| {2}/.test(value)) return `"$(printf '${octalEscaped(value)}')"`;
  return `"${value.replace(/[$`"]|\\(?=[$`"\\]|$)/g, '\\$&')}"`;
}

export const posixWords = (words: readonly string[]): string =>
  words.map((word) => (isPlainWord(word) ? word : posixQuoted(word))).join(' ');

export const posix: Dialect = {
  name: 'bash',
  comment: '#',
  set: (variable, value) => `export ${variable}=${posixQuoted(value)}`,
  unset: (variable) => `unset ${variable}`,
  evaluate: (words) => `eval $(${posixWords(words)})`,
};
