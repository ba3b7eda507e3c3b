/** The commands that a message tells the user to type, under the name the program was called by; the library knows only one. */
export function calledAs(program: string, text: string): string {
  return text.replace(/(?<=["'`]|with: )tsmachine(?= [a-z])/g, () => program);
}
