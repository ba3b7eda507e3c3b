import { cannotCarry, type Dialect, isPlainWord } from './dialect.ts';

/**
 * The documented `FOR /f … DO @%i` puts a line in place after special characters were looked for, so a value is literal there.
 * Quotes around the assignment keep it from running code also where the output is saved as a batch file. cmd has no way to
 * write a double quote or a line break inside.
 */
function assignment(variable: string, value: string): string {
  refuse(value);
  return /^[^&|<>^()!]*$/.test(value) ? `SET ${variable}=${value}` : `SET "${variable}=${value}"`;
}

function refuse(value: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/["\u0000-\u001f\u007f]/.test(value)) throw cannotCarry('cmd', 'a double quote or a control character', value);
}

/** `%` in a word would be expanded even inside quotes when the line is typed. */
function word(text: string): string {
  refuse(text);
  if (text.includes('%')) throw cannotCarry('cmd', 'a per cent sign', text);
  return isPlainWord(text) ? text : `"${text}"`;
}

/** cmd drops the first and the last quote of a command with more than one quoted word, so such a one gets a pair to lose. */
function commandLine(words: readonly string[]): string {
  const line = words.map(word).join(' ');
  return line.split('"').length > 3 ? `"${line}"` : line;
}

export const cmd: Dialect = {
  name: 'cmd',
  comment: 'REM',
  set: assignment,
  unset: (variable) => `SET ${variable}=`,
  evaluate: (words) => `\t@FOR /f "tokens=*" %i IN ('${commandLine(words)}') DO @%i`,
};
