import { cannotCarry, type Dialect, isPlainWord } from './dialect.ts';
import { octalEscaped } from './octal.ts';

/**
 * Inside tcsh's double quotes `$`, the backtick and `!` keep their meaning and nothing can take it from them, so a value with
 * such a character comes from printf(1). Backticks cut at line breaks: those cannot be carried.
 */
function quoted(value: string): string {
  if (/[\0\n]/.test(value)) throw cannotCarry('tcsh', 'a NUL or a newline', value);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return /[\u0001-\u001f\u007f$`"!*?[{~]| {2}|\\$/.test(value) ? `"\`printf '${octalEscaped(value)}'\`"` : `"${value}"`;
}

export const tcsh: Dialect = {
  name: 'tcsh',
  comment: ':',
  set: (variable, value) => `setenv ${variable} ${quoted(value)};`,
  unset: (variable) => `unsetenv ${variable};`,
  evaluate: (words) => `eval \`${words.map((word) => (isPlainWord(word) ? word : quoted(word))).join(' ')}\``,
};
