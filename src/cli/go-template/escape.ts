/** html, js and urlquery of text/template: https://pkg.go.dev/text/template#HTMLEscaper */
import { isPrintable } from './quote.ts';

const HTML: Record<string, string> = { '\0': '�', '"': '&#34;', "'": '&#39;', '&': '&amp;', '<': '&lt;', '>': '&gt;' };
const JS: Record<string, string> = {
  '\\': '\\\\',
  "'": "\\'",
  '"': '\\"',
  '<': '\\u003C',
  '>': '\\u003E',
  '&': '\\u0026',
  '=': '\\u003D',
};

export function escapeHtml(text: string): string {
  return text.replace(/[\0"'&<>]/g, (character) => HTML[character] ?? character);
}

export function escapeJs(text: string): string {
  return text.replace(/[\\'"<>&=]|[^ -~]/gu, (character) => {
    const known = JS[character];
    if (known) return known;
    if (isPrintable(character) || character === '\x7f') return character;
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** url.QueryEscape: all but letters, digits and `-_.~` by bytes, a blank as `+`. */
export function escapeQuery(text: string): string {
  return [...Buffer.from(text)]
    .map((byte) => {
      const character = String.fromCharCode(byte);
      if (/[A-Za-z0-9\-_.~]/.test(character)) return character;
      return character === ' ' ? '+' : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}
