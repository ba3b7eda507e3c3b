import { describe, expect, it } from 'vitest';
import { dialectOf, hintLines } from '../../../src/shells/index.ts';

/** Section 2.2 and 2.3 of docker-machine's behaviour, byte for byte. */
const EXPECTED: Readonly<Record<string, readonly [set: string, unset: string, hint: string]>> = {
  bash: ['export V="/home/u/a"', 'unset V', '# eval $(tsmachine env m1)'],
  zsh: ['export V="/home/u/a"', 'unset V', '# eval $(tsmachine env m1)'],
  sh: ['export V="/home/u/a"', 'unset V', '# eval $(tsmachine env m1)'],
  'no-such-shell': ['export V="/home/u/a"', 'unset V', '# eval $(tsmachine env m1)'],
  fish: ['set -gx V "/home/u/a";', 'set -e V;', '# eval (tsmachine env m1)'],
  powershell: ['$Env:V = "/home/u/a"', 'Remove-Item Env:\\\\V', '# & tsmachine env m1 | Invoke-Expression'],
  pwsh: ['$Env:V = "/home/u/a"', 'Remove-Item Env:\\\\V', '# & tsmachine env m1 | Invoke-Expression'],
  cmd: ['SET V=/home/u/a', 'SET V=', `REM \t@FOR /f "tokens=*" %i IN ('tsmachine env m1') DO @%i`],
  tcsh: ['setenv V "/home/u/a";', 'unsetenv V;', ': eval `tsmachine env m1`'],
  emacs: [
    '(setenv "V" "/home/u/a")',
    '(setenv "V" nil)',
    ';; (with-temp-buffer (shell-command "tsmachine env m1" (current-buffer)) (eval-buffer))',
  ],
};

describe.each(Object.entries(EXPECTED))('%s', (shell, [set, unset, hint]) => {
  const dialect = dialectOf(shell);
  it('writes what docker-machine writes', () => {
    expect(dialect.set('V', '/home/u/a')).toBe(set);
    expect(dialect.unset('V')).toBe(unset);
    expect(hintLines(dialect, ['tsmachine', 'env', 'm1'])).toEqual([`${dialect.comment} Run this command to configure your shell: `, hint]);
  });

  it('keeps every line one line', () => {
    for (const value of ['a\nb', 'a\r\nb']) {
      let text: string;
      try {
        text = [dialect.set('V', value), ...hintLines(dialect, ['x', value])].join('');
      } catch (error) {
        expect(error).toMatchObject({ code: 'SHELL_CANNOT_CARRY' });
        continue;
      }
      expect(text).not.toMatch(/[\r\n]/);
    }
  });
});

describe('Windows', () => {
  it.each([
    ['bash', 'export V="C:\\Users\\u\\.docker"'],
    ['fish', 'set -gx V "C:\\Users\\u\\.docker";'],
    ['cmd', 'SET V=C:\\Users\\u\\.docker'],
    ['tcsh', 'setenv V "C:\\Users\\u\\.docker";'],
  ])('paths stay as they are in %s', (shell, line) => expect(dialectOf(shell).set('V', 'C:\\Users\\u\\.docker')).toBe(line));

  it('quotes a program path in cmd, and gives cmd a pair of quotes to lose when there are more', () => {
    const { evaluate } = dialectOf('cmd');
    expect(evaluate(['C:\\Program Files\\tsmachine.exe', 'env', 'm'])).toBe(
      `\t@FOR /f "tokens=*" %i IN ('"C:\\Program Files\\tsmachine.exe" env m') DO @%i`,
    );
    expect(evaluate(['C:\\a b\\t.exe', '-s', 'C:\\c d', 'env', 'm'])).toBe(
      `\t@FOR /f "tokens=*" %i IN ('""C:\\a b\\t.exe" -s "C:\\c d" env m"') DO @%i`,
    );
  });

  it('quotes what was called by a path with a blank or a backslash', () => {
    expect(dialectOf('bash').evaluate(['C:\\tools\\tsmachine.exe', 'env', 'm'])).toBe('eval $("C:\\tools\\tsmachine.exe" env m)');
    expect(dialectOf('bash').evaluate(['/opt/my tools/tsmachine', 'env', 'm'])).toBe('eval $("/opt/my tools/tsmachine" env m)');
  });
});
