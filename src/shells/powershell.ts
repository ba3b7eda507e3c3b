import { cannotCarry, type Dialect, isPlainWord } from './dialect.ts';

const CONTROL: Readonly<Record<string, string>> = {
  '\u0007': '`a',
  '\b': '`b',
  '\t': '`t',
  '\n': '`n',
  '\v': '`v',
  '\f': '`f',
  '\r': '`r',
};

/**
 * A double-quoted string (about_Quoting_Rules): the backtick escapes `$`, itself and double quotes, which PowerShell also sees
 * in the typographic ones. Each line of the output is evaluated by itself, so control characters are written as escapes.
 */
function quoted(value: string): string {
  if (value.includes('\0')) throw cannotCarry('powershell', 'a NUL', value);
  const escaped = value.replace(/[`$"\u201c\u201d\u201e]/g, '`$&');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return `"${escaped.replace(/[\u0001-\u001f\u007f]/g, (character) => CONTROL[character] ?? `$([char]${character.charCodeAt(0)})`)}"`;
}

export const powershell: Dialect = {
  name: 'powershell',
  comment: '#',
  set: (variable, value) => `$Env:${variable} = ${quoted(value)}`,
  unset: (variable) => `Remove-Item Env:\\\\${variable}`,
  evaluate: (words) => `& ${words.map((word) => (isPlainWord(word) ? word : quoted(word))).join(' ')} | Invoke-Expression`,
};
