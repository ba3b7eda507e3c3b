/**
 * Reads PowerShell string expressions as about_Quoting_Rules and about_Special_Characters describe them, so that tests know what
 * PowerShell would make of our text without having it here.
 */

const ESCAPES: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
/** PowerShell takes typographic quotes for plain ones. */
const DOUBLE = '"\u201c\u201d\u201e';
const SINGLE = "'\u2018\u2019\u201a\u201b";

export interface StringToken {
  /** What the string is, variables taken from `variables`. */
  readonly value: string;
  /** Index after the closing quote. */
  readonly end: number;
  /** Code that PowerShell would run to get the value: `$(…)`. */
  readonly subexpressions: readonly string[];
}

/** Reads the quoted string that begins at `start`. Throws for one that does not end. */
export function readString(text: string, start: number, variables: Readonly<Record<string, string>> = {}): StringToken {
  const open = text[start] ?? '';
  if (SINGLE.includes(open)) return readSingle(text, start);
  if (!DOUBLE.includes(open)) throw new Error(`no string at ${start}: ${text}`);
  return readDouble(text, start, variables);
}

function readSingle(text: string, start: number): StringToken {
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    if (!SINGLE.includes(text[at] ?? '')) value += text[at];
    else if (SINGLE.includes(text[at + 1] ?? ' ')) value += text[at++];
    else return { value, end: at + 1, subexpressions: [] };
  }
  throw new Error(`the string does not end: ${text}`);
}

function readDouble(text: string, start: number, variables: Readonly<Record<string, string>>): StringToken {
  let value = '';
  const subexpressions: string[] = [];
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at] ?? '';
    const next = text[at + 1] ?? '';
    if (character === '`') {
      value += ESCAPES[next] ?? next;
      at += 1;
    } else if (DOUBLE.includes(character)) {
      if (next === '' || !DOUBLE.includes(next)) return { value, end: at + 1, subexpressions };
      value += next;
      at += 1;
    } else if (character === '$' && next === '(') {
      const close = text.indexOf(')', at);
      const code = text.slice(at + 2, close);
      subexpressions.push(code);
      value += charCast(code);
      at = close;
    } else if (character === '$' && /[A-Za-z_{]/.test(next)) {
      const match = /^\$(?:\{([^}]*)\}|(\w+(?::\w+)?))/.exec(text.slice(at));
      value += variables[match?.[1] ?? match?.[2] ?? ''] ?? '';
      at += (match?.[0].length ?? 1) - 1;
    } else value += character;
  }
  throw new Error(`the string does not end: ${text}`);
}

/** Of all code only `[char]27` is known here. */
function charCast(code: string): string {
  const match = /^\[char\](\d+)$/.exec(code);
  return match ? String.fromCharCode(Number(match[1])) : '';
}
