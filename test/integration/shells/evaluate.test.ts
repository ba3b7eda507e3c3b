import { describe, expect, it } from 'vitest';
import { isMachineError } from '../../../src/core/errors.ts';
import { dialectOf, hintLines } from '../../../src/shells/index.ts';
import { evaluateIn, REAL_SHELLS } from './real-shells.ts';

const HOSTILE = [
  'plain/value',
  'C:\\Users\\me\\.docker',
  'ends with a backslash\\',
  'two\\\\backslashes\\$HOME\\`id`\\"',
  '$(touch PWNED)',
  '`touch PWNED`',
  '"; touch PWNED; "',
  "'; touch PWNED; '",
  "it's",
  '"quoted"',
  '; touch PWNED',
  '& touch PWNED &',
  '| touch PWNED',
  '> PWNED',
  '$HOME and ${HOME}',
  '%PATH% 100%',
  '%i',
  '*',
  '/tmp/*',
  '/tm[p]/?',
  '{a,b}',
  '~root',
  'one blank',
  'two  blanks',
  ' blanks around ',
  'tab\tinside',
  'line\nbreak',
  '\nleading line break',
  'line\ntouch PWNED\nbreak',
  'return\rinside',
  'escape\u001b[31m',
  'bang! !! !$ !touch',
  '#comment',
  'a#b',
  '=equals=',
  '^caret^',
  '(parens) [brackets] <angles>',
  '“smart” ‘quotes’ „low”',
  'Grüße, 世界 🐳',
  '-n',
  '\\0101\\x41\\n',
  "printf '%s'",
];

/** What a shell has no way to carry, and why; everything else must come through unchanged. */
const REFUSED: Readonly<Record<string, RegExp>> = { bash: /\n$/, sh: /\n$/, zsh: /\n$/, fish: /^$/, tcsh: /\n/, emacs: /^$/ };

describe.each(Object.entries(REAL_SHELLS))('%s', (_, shell) => {
  const dialect = dialectOf(shell.dialect);
  // Evaluating a hint again must do no harm either (tcsh's comment is a command): its command line holds the value as a word.
  const linesFor = (value: string) => [dialect.set('VALUE', value), ...hintLines(dialect, ['true', value])].join('\n');

  it.each(HOSTILE)('carries %j as it is, or refuses it', (value) => {
    let text: string;
    try {
      text = `${linesFor(value)}\n`;
    } catch (error) {
      expect(isMachineError(error) && error.code).toBe('SHELL_CANNOT_CARRY');
      expect(value).toMatch(REFUSED[shell.dialect] ?? /^$/);
      return;
    }
    const outcome = evaluateIn(shell, text, {});
    expect(outcome.value, outcome.stderr).toBe(value);
    expect(outcome.left).toEqual([]);
  });

  it('forgets the variable', () => {
    const outcome = evaluateIn(shell, `${[dialect.unset('VALUE'), ...hintLines(dialect, ['true'])].join('\n')}\n`, { VALUE: 'x' });
    expect(outcome.value, outcome.stderr).toBeUndefined();
  });
});
