/** Go's quoting of strings and characters: https://pkg.go.dev/strconv#Quote and the literals of the language specification. */

const SHORT: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};
const UNESCAPED: Record<string, number> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, "'": 39, '"': 34 };

/** ASCII is told apart first: the classes of Unicode take a millisecond to set up. */
export const isPrintable = (character: string): boolean =>
  character <= '\x7f' ? character >= ' ' && character < '\x7f' : /^[\p{L}\p{M}\p{N}\p{P}\p{S}]$/u.test(character);

/** A Go string literal of the text; `ascii` escapes all that is beyond ASCII (`%+q`). */
export function quote(text: string, ascii = false): string {
  return `"${escapeAll(text, '"', ascii)}"`;
}

/** A Go character literal; numbers that are no character become U+FFFD. */
export function quoteCharacter(code: bigint, ascii = false): string {
  return `'${escapeAll(characterOf(code), "'", ascii)}'`;
}

/** The character of a number, U+FFFD when there is none. */
export function characterOf(code: bigint): string {
  const isCharacter = code >= 0n && code <= 0x10ffffn && !(code >= 0xd800n && code <= 0xdfffn);
  return String.fromCodePoint(isCharacter ? Number(code) : 0xfffd);
}

function escapeAll(text: string, delimiter: string, ascii: boolean): string {
  let escaped = '';
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (character === delimiter) escaped += `\\${character}`;
    else if (SHORT[character]) escaped += SHORT[character];
    else if (isPrintable(character) && !(ascii && code > 126)) escaped += character;
    else if (code < 0x20 || code === 0x7f) escaped += `\\x${code.toString(16).padStart(2, '0')}`;
    else if (code >= 0xd800 && code <= 0xdfff) escaped += ascii ? '\\ufffd' : '�';
    else if (code <= 0xffff) escaped += `\\u${code.toString(16).padStart(4, '0')}`;
    else escaped += `\\U${code.toString(16).padStart(8, '0')}`;
  }
  return escaped;
}

/** `U+0023 '#'`, as `%#U` shows a character. */
export function unicodeName(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
  return isPrintable(character) ? `U+${code} '${character}'` : `U+${code}`;
}

/**
 * The text of a Go string literal with its quotes, undefined when it is malformed.
 * Bytes that are no UTF-8 (`"\xff"`) become U+FFFD, where Go would keep them.
 */
export function unquote(literal: string): string | undefined {
  if (literal.startsWith('`')) return literal.slice(1, -1).replaceAll('\r', '');
  const parts: Buffer[] = [];
  let rest = literal.slice(1, -1);
  while (rest !== '') {
    const unit = unquoteUnit(rest, '"');
    if (!unit) return undefined;
    parts.push(unit.bytes);
    rest = unit.rest;
  }
  return Buffer.concat(parts).toString();
}

/** The number of a Go character literal with its quotes; `problem` in Go's words when it is malformed. */
export function unquoteCharacter(literal: string): { code: number } | { problem: string } {
  const unit = unquoteUnit(literal.slice(1), "'");
  if (!unit) return { problem: 'invalid syntax' };
  return unit.rest === "'" ? { code: unit.code } : { problem: `malformed character constant: ${literal}` };
}

interface Unit {
  code: number;
  bytes: Buffer;
  rest: string;
}

/** One character or escape sequence of a literal between `delimiter`s. */
function unquoteUnit(text: string, delimiter: '"' | "'"): Unit | undefined {
  const first = String.fromCodePoint(text.codePointAt(0) ?? 0);
  if (first === delimiter || first === '\n') return undefined;
  if (first !== '\\') return character(first.codePointAt(0) ?? 0, text.slice(first.length));
  const letter = text.charAt(1);
  const digits = /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))/.exec(text);
  if (digits) {
    const rest = text.slice(digits[0].length);
    const code = digits[4] ? Number.parseInt(digits[4], 8) : Number.parseInt(digits[1] ?? digits[2] ?? digits[3] ?? '', 16);
    if (digits[1] || digits[4]) return code > 255 ? undefined : { code, bytes: Buffer.of(code), rest };
    return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? undefined : character(code, rest);
  }
  const code = UNESCAPED[letter];
  const isOtherQuote = (letter === '"' || letter === "'") && letter !== delimiter;
  return code === undefined || isOtherQuote ? undefined : character(code, text.slice(2));
}

function character(code: number, rest: string): Unit {
  return { code, bytes: Buffer.from(String.fromCodePoint(code)), rest };
}
