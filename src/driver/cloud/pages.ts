/** More pages than any account has: a server that never ends its list is not followed for ever. */
const MOST_PAGES = 1000;

export interface Page<T> {
  readonly items: readonly T[];
  /** What asks for the next page; undefined or '' on the last one. */
  readonly next?: string | undefined;
}

/** All items of a list that comes in pages. Throws when a server gives the same page again and again. */
export async function allPages<T>(page: (token: string | undefined) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let token: string | undefined;
  for (let count = 0; count < MOST_PAGES; count++) {
    const { items: found, next } = await page(token);
    items.push(...found);
    if (!next || next === token) return items;
    token = next;
  }
  throw new Error(`a list of more than ${MOST_PAGES} pages`);
}
