/** Order of names as people read them: case aside, numbers by value (`a2` before `a10`); equal ones by their bytes. */
export function compareNatural(a: string, b: string): number {
  const left = parts(a.toLowerCase());
  const right = parts(b.toLowerCase());
  for (let at = 0; at < Math.min(left.length, right.length); at++) {
    const order = comparePart(left[at] ?? '', right[at] ?? '');
    if (order !== 0) return order;
  }
  return left.length - right.length || Number(a > b) - Number(a < b);
}

const parts = (text: string): string[] => text.match(/\d+|\D+/g) ?? [];

function comparePart(a: string, b: string): number {
  if (/^\d/.test(a) && /^\d/.test(b)) {
    const difference = BigInt(a) - BigInt(b);
    if (difference !== 0n) return difference < 0n ? -1 : 1;
  }
  return Number(a > b) - Number(a < b);
}
