/** Value syntax of Go's strconv, which scripts written for docker-machine rely on. */

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

/** strconv.ParseBool; undefined for anything else. */
export function parseGoBool(text: string): boolean | undefined {
  if (TRUE.has(text)) return true;
  return FALSE.has(text) ? false : undefined;
}

/** strconv.ParseInt with base 0: decimal, 0x…, 0o… or a leading 0 for octal, 0b…; undefined for anything else. */
export function parseGoInt(text: string): number | undefined {
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|[1-9][0-9]*|0)$/.exec(text);
  if (!match?.[2]) return undefined;
  const digits = /^0[0-7]/.test(match[2]) ? `0o${match[2].slice(1)}` : match[2];
  const value = Number(digits) * (match[1] === '-' ? -1 : 1);
  return Number.isSafeInteger(value) ? value : undefined;
}
