import { badRequest } from '../errors.ts';

/** The `filters` parameter of list and prune calls: `{"label":["a=b"]}` or the older `{"label":{"a=b":true}}`. */
export class Filters {
  readonly #values: Map<string, string[]>;

  private constructor(values: Map<string, string[]>) {
    this.#values = values;
  }

  /** Throws EngineError 400 `invalid filter` for anything else, and dockerd's words for a key that is not in `accepted`. */
  static parse(text: string, accepted: readonly string[]): Filters {
    const values = new Map<string, string[]>();
    for (const [key, entry] of Object.entries(readObject(text))) {
      if (Array.isArray(entry) && entry.every((value) => typeof value === 'string')) values.set(key, entry);
      else if (isFlags(entry)) values.set(key, Object.keys(entry));
      else throw badRequest('invalid filter');
    }
    for (const key of values.keys()) {
      if (!accepted.includes(key)) throw badRequest(`invalid filter '${key}'`);
    }
    return new Filters(values);
  }

  has(key: string): boolean {
    return this.all(key).length > 0;
  }

  all(key: string): string[] {
    return this.#values.get(key) ?? [];
  }

  add(key: string, value: string): void {
    this.#values.set(key, [...this.all(key), value]);
  }

  /** Undefined when absent. Throws EngineError 400 for what is neither yes nor no. */
  boolean(key: string): boolean | undefined {
    const values = this.all(key);
    if (values.length === 0) return undefined;
    const yes = values.some((value) => value === '1' || value === 'true');
    const no = values.some((value) => value === '0' || value === 'false');
    if (yes === no) throw badRequest(`invalid filter '${key}=[${values.join(' ')}]'`);
    return yes;
  }

  /** Absent, or one of the values is the text. */
  exact(key: string, text: string): boolean {
    return !this.has(key) || this.all(key).includes(text);
  }

  /** Absent, or one of the values is the text or, as a regular expression, is found in it. */
  match(key: string, text: string): boolean {
    return !this.has(key) || this.all(key).some((value) => value === text || isFound(value, text));
  }

  /** Whether a text is one of the values or matches one as a regular expression, or there is no such filter. */
  matchesText(key: string, text: string): boolean {
    return !this.has(key) || this.all(key).some((value) => value === text || matches(value, text));
  }

  /** Every `key` or `key=value` wanted is among the labels. */
  matchesLabels(key: string, labels: Readonly<Record<string, string>> | null | undefined): boolean {
    return this.all(key).every((wanted) => {
      const equals = wanted.indexOf('=');
      const name = equals < 0 ? wanted : wanted.slice(0, equals);
      const value = labels?.[name];
      return value !== undefined && (equals < 0 || value === wanted.slice(equals + 1));
    });
  }
}

function isFound(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return false;
  }
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern).test(text);
  } catch {
    return false;
  }
}

function readObject(text: string): Record<string, unknown> {
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (value === null) return {};
    if (typeof value === 'object' && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // told below
  }
  throw badRequest('invalid filter');
}

const isFlags = (entry: unknown): entry is Record<string, boolean> =>
  typeof entry === 'object' && entry !== null && !Array.isArray(entry) && Object.values(entry).every((value) => typeof value === 'boolean');
