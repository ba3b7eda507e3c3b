import { expect, it } from 'vitest';
import { quote } from '../../../../src/cli/go-template/quote.ts';

// what fmt.Sprintf("%q", …) gives
it.each([
  ['/home/u/a b', '"/home/u/a b"'],
  ['C:\\Users\\u', '"C:\\\\Users\\\\u"'],
  ['a"b', '"a\\"b"'],
  ['\u0007\b\f\n\r\t\v\u0000\u001b\u007f', '"\\a\\b\\f\\n\\r\\t\\v\\x00\\x1b\\x7f"'],
  ['é世🐳', '"é世🐳"'],
  ['\u00a0\u200b\u{e000}\u{10ffff}', '"\\u00a0\\u200b\\ue000\\U0010ffff"'],
])('%j', (text, quoted) => expect(quote(text)).toBe(quoted));
