/**
 * os-release(5): shell assignments without expansion. Values may stand in double quotes (with `\` before `"`, `\`, `$` and a
 * backquote), in single quotes, or in none. What is no assignment is passed over, as readers of the file shall.
 */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, name, value] = /^\s*([A-Za-z_][A-Za-z0-9_]*)=(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) values.set(name, unquoted(value));
  }
  return values;
}

function unquoted(value: string): string {
  const [, double] = /^"((?:[^"\\]|\\.)*)"/.exec(value) ?? [];
  if (double !== undefined) return double.replace(/\\(["\\$`])/g, '$1');
  const [, single] = /^'([^']*)'/.exec(value) ?? [];
  return single ?? value.replace(/\\(.)/g, '$1');
}

export interface Distribution {
  readonly id: string;
  /** Distributions it is like, nearest first. */
  readonly like: readonly string[];
  /** '' where releases have none. */
  readonly version: string;
  /** For people. */
  readonly title: string;
}

export function distributionOf(text: string): Distribution {
  const values = parseOsRelease(text);
  const id = (values.get('ID') ?? '').toLowerCase();
  const like = (values.get('ID_LIKE') ?? '').toLowerCase().split(/\s+/);
  return {
    id,
    like: like.filter((word) => word !== ''),
    version: values.get('VERSION_ID') ?? '',
    title: values.get('PRETTY_NAME') ?? values.get('NAME') ?? id,
  };
}
