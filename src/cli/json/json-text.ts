/** JSON for people and programs: two blanks, or one line; nothing in it moves a terminal's cursor. */
export function jsonText(value: unknown, indent?: 'one line'): string {
  const text = JSON.stringify(value, undefined, indent === undefined ? 2 : 0);
  return text.replace(/[\u007f-\u009f\u2028\u2029]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
