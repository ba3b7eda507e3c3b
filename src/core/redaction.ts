/** Values that this process must not show: whoever learns of one says so here, whoever prints asks. */
const hidden = new Set<string>();

/** Shorter ones are no secrets, and hiding them would garble every text. */
const SHORTEST = 3;

export function hide(value: string): void {
  if (value.length >= SHORTEST) hidden.add(value);
}

/** The text with `***` in the place of every hidden value, also as JSON and URLs spell it. */
export function redacted(text: string): string {
  let shown = text;
  for (const value of hidden)
    for (const spelling of new Set([value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value)]))
      shown = shown.replaceAll(spelling, '***');
  return shown;
}
