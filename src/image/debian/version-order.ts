/** Debian's order of versions (Debian Policy 5.6.12): negative when `a` is older than `b`. */
export function compareVersions(a: string, b: string): number {
  const left = parseVersion(a);
  const right = parseVersion(b);
  return left.epoch - right.epoch || comparePart(left.upstream, right.upstream) || comparePart(left.revision, right.revision);
}

function parseVersion(version: string): { epoch: number; upstream: string; revision: string } {
  const colon = version.indexOf(':');
  const rest = version.slice(colon + 1);
  const dash = rest.lastIndexOf('-');
  return {
    epoch: colon < 0 ? 0 : Number(version.slice(0, colon)),
    upstream: dash < 0 ? rest : rest.slice(0, dash),
    revision: dash < 0 ? '' : rest.slice(dash + 1),
  };
}

/** Letters before everything else, `~` even before the end. */
function rank(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === '~') return -1;
  return /[a-zA-Z]/.test(character) ? character.charCodeAt(0) : character.charCodeAt(0) + 256;
}

function comparePart(left: string, right: string): number {
  const a: string[] = left.match(/\d+|\D+/g) ?? [];
  const b: string[] = right.match(/\d+|\D+/g) ?? [];
  if (/^\d/.test(left)) a.unshift('');
  if (/^\d/.test(right)) b.unshift('');
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const [x, y] = [a[index] ?? '', b[index] ?? ''];
    const difference = index % 2 === 1 ? compareNumbers(x, y) : compareText(x, y);
    if (difference !== 0) return difference;
  }
  return 0;
}

function compareNumbers(x: string, y: string): number {
  const difference = BigInt(x === '' ? '0' : x) - BigInt(y === '' ? '0' : y);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function compareText(x: string, y: string): number {
  for (let index = 0; index < Math.max(x.length, y.length); index += 1) {
    const difference = rank(x[index]) - rank(y[index]);
    if (difference !== 0) return difference;
  }
  return 0;
}
