import { cannotCarry, type Dialect } from './dialect.ts';
import { posixWords } from './posix.ts';

/** An Emacs Lisp string. */
function quoted(value: string): string {
  if (value.includes('\0')) throw cannotCarry('emacs', 'a NUL', value);
  const escaped = value.replace(/["\\]/g, '\\$&');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return `"${escaped.replace(/[\u0001-\u001f\u007f]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)}"`;
}

export const emacs: Dialect = {
  name: 'emacs',
  comment: ';;',
  set: (variable, value) => `(setenv "${variable}" ${quoted(value)})`,
  unset: (variable) => `(setenv "${variable}" nil)`,
  evaluate: (words) => `(with-temp-buffer (shell-command ${quoted(posixWords(words))} (current-buffer)) (eval-buffer))`,
};
