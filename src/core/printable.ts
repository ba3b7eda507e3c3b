/**
 * Controls (C0 without the newline and the tab, DEL, C1) and the marks that turn the direction of writing around: what could
 * move a terminal's cursor, colour it, or make a line read as another one.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** A text of others as a terminal may show it: what is unsafe appears as `\u001b`. Newlines and tabs stay. */
export function printable(text: string): string {
  return text.replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same in one line of at most `length` characters. */
export function printableLine(text: string, length = 300): string {
  const line = printable(text.slice(0, 4 * length).replace(/\s*[\r\n\t]+\s*/g, ' ')).trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}
