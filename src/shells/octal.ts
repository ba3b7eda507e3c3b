/** Text for the single-quoted format of printf(1): what is not plainly safe becomes `\ooo`. Characters outside ASCII stay. */
export function octalEscaped(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is escaped
  return value.replace(/[\u0000-\u007f]/g, (character) =>
    /[A-Za-z0-9_.,/:@+=-]/.test(character) ? character : `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`,
  );
}
