import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dialectOf } from '../../../src/shells/index.ts';
import { readString } from './powershell-quoting.ts';

describe('the reader of PowerShell strings, on the examples of about_Quoting_Rules', () => {
  const variables = { i: '5', 'Env:HOME': '/h' };
  it.each([
    ['"The value of $i is $i."', 'The value of 5 is 5.'],
    ['"The value of `$i is $i."', 'The value of $i is 5.'],
    ["'The value of $i is $i.'", 'The value of $i is $i.'],
    ['"As they say, ""live and learn."""', 'As they say, "live and learn."'],
    ['"As they say, `"live and learn.`""', 'As they say, "live and learn."'],
    ["'don''t'", "don't"],
    ['"Use a quotation mark (`") to begin a string."', 'Use a quotation mark (") to begin a string.'],
    ['\'As they say, "live and learn."\'', 'As they say, "live and learn."'],
    ['"${i}th"', '5th'],
    ['“smart”', 'smart'],
    ['"one`ntwo`ttab"', 'one\ntwo\ttab'],
  ])('%s is %j', (text, value) => {
    expect(readString(text, 0, variables)).toEqual({ value, end: text.length, subexpressions: [] });
  });

  it('sees code in a string', () => {
    expect(readString('"The value of $(2+3) is 5."', 0).subexpressions).toEqual(['2+3']);
  });
});

describe('PowerShell', () => {
  const dialect = dialectOf('powershell');
  const prefix = '$Env:DOCKER_CERT_PATH = ';

  it('is docker-machine text for safe values', () => {
    expect(dialect.set('DOCKER_HOST', 'tcp://127.0.0.1:2376')).toBe('$Env:DOCKER_HOST = "tcp://127.0.0.1:2376"');
    expect(dialect.set('DOCKER_CERT_PATH', 'C:\\Users\\Me Too\\m')).toBe('$Env:DOCKER_CERT_PATH = "C:\\Users\\Me Too\\m"');
    expect(dialect.unset('DOCKER_HOST')).toBe('Remove-Item Env:\\\\DOCKER_HOST');
  });

  it('escapes by the backtick', () => {
    expect(dialect.set('V', '$(calc) `x` "y" “z”\n')).toBe('$Env:V = "`$(calc) ``x`` `"y`" `“z`”`n"');
  });

  it('gives back any value, on one line, running no code but a character by its number', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 0 }), (value) => {
        fc.pre(!value.includes('\0'));
        const line = dialect.set('DOCKER_CERT_PATH', value);
        expect(line).not.toMatch(/[\r\n]/);
        const token = readString(line, prefix.length);
        expect(token.value).toBe(value);
        expect(token.end).toBe(line.length);
        for (const code of token.subexpressions) expect(code).toMatch(/^\[char\]\d+$/);
      }),
    );
  }, 60_000); // a busy machine

  it('quotes the program and the arguments of the hint', () => {
    expect(dialect.evaluate(['C:\\Program Files\\tsmachine.exe', 'env', 'myhost'])).toBe(
      '& "C:\\Program Files\\tsmachine.exe" env myhost | Invoke-Expression',
    );
    expect(dialect.evaluate(['tsmachine', '-s', 'a$(b)', 'env', 'm'])).toBe('& tsmachine -s "a`$(b)" env m | Invoke-Expression');
  });
});
