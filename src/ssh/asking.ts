/** Asks the user; undefined when there was no answer. `secret`: not shown while it is typed, never logged. */
export type Ask = (question: { readonly text: string; readonly secret: boolean }) => Promise<string | undefined>;

/** A server's or a file's words, safe to show on a terminal. */
export function shownText(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 500);
}
