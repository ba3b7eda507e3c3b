/**
 * Works on JSON texts without going through JavaScript values, which would reorder keys that look like integers and round
 * 64-bit numbers. All functions expect text that `JSON.parse` accepts.
 */

/** Keys and value texts of a JSON object text, in order; of a repeated key the last value. */
export function objectMembers(text: string): Map<string, string> {
  const members = new Map<string, string>();
  let at = skipBlank(text, skipBlank(text, 0) + 1);
  while (text[at] !== '}') {
    const keyEnd = valueEnd(text, at);
    const key = JSON.parse(text.slice(at, keyEnd)) as string;
    const start = skipBlank(text, skipBlank(text, keyEnd) + 1);
    const end = valueEnd(text, start);
    members.set(key, text.slice(start, end));
    at = skipBlank(text, end);
    if (text[at] === ',') at = skipBlank(text, at + 1);
  }
  return members;
}

/** How deep objects and lists are nested. Expects any text. */
export function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = structure(text, 0); at < text.length; ) {
    const char = text[at];
    if (char === '{' || char === '[') deepest = Math.max(deepest, ++depth);
    else if (char !== '"') depth--;
    at = structure(text, char === '"' ? stringEnd(text, at) : at + 1);
  }
  return deepest;
}

/** Lays a JSON text out as Go's MarshalIndent with four blanks does; `depth`: how deep it will stand. */
export function indentJson(text: string, depth = 0): string {
  let out = '';
  let level = depth;
  const newLine = () => `\n${'    '.repeat(level)}`;
  for (let at = skipBlank(text, 0); at < text.length; at = skipBlank(text, at)) {
    const char = text.charAt(at);
    if (char === '{' || char === '[') {
      const next = skipBlank(text, at + 1);
      const empty = text[next] === '}' || text[next] === ']';
      if (!empty) level++;
      out += empty ? char + text[next] : char + newLine();
      at = empty ? next + 1 : at + 1;
    } else if (char === '}' || char === ']') {
      level--;
      out += newLine() + char;
      at++;
    } else if (char === ',' || char === ':') {
      out += char === ',' ? char + newLine() : ': ';
      at++;
    } else {
      const end = valueEnd(text, at);
      out += text.slice(at, end);
      at = end;
    }
  }
  return out;
}

/** Go's encoder writes these as escapes; outside of strings they cannot occur. */
export function escapeAsGo(text: string): string {
  return text.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

function skipBlank(text: string, from: number): number {
  let at = from;
  while (at < text.length && ' \t\n\r'.includes(text.charAt(at))) at++;
  return at;
}

function valueEnd(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return stringEnd(text, start);
  if (first !== '{' && first !== '[') return find(LITERAL_END, text, start);
  let depth = 1;
  let at = start + 1;
  while (depth > 0 && at < text.length) {
    at = structure(text, at);
    const char = text[at];
    if (char === '{' || char === '[') depth++;
    if (char === '}' || char === ']') depth--;
    at = char === '"' ? stringEnd(text, at) : at + 1;
  }
  return at;
}

// Searched for by the regular expression engine: loops over characters are so hot that V8 spends 5 ms of a short command on
// compiling them.
const LITERAL_END = /[,}\] \t\n\r:]/g;
const STRUCTURE = /["{}[\]]/g;

const structure = (text: string, from: number) => find(STRUCTURE, text, from);

/** Where the next match is, or the text's end. */
function find(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}

/** Behind the string's closing quote, or the text's end. */
function stringEnd(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote !== -1; quote = text.indexOf('"', quote + 1)) {
    let escapes = 0;
    while (text[quote - 1 - escapes] === '\\') escapes++;
    if (escapes % 2 === 0) return quote + 1;
  }
  return text.length;
}
