import { internal } from '../errors.ts';

/** Query parameters with dockerd's own reading of booleans, numbers and lists (moby daemon/server/httputils/form.go). */
export class Query {
  readonly #values: URLSearchParams;

  constructor(search: string) {
    this.#values = new URLSearchParams(search);
  }

  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The first value, `''` when absent. */
  string(name: string): string {
    return this.#values.get(name) ?? '';
  }

  all(name: string): string[] {
    return this.#values.getAll(name);
  }

  /** Everything but the words for "no" is true. */
  boolean(name: string, fallback = false): boolean {
    if (!this.#values.has(name)) return fallback;
    return !['', '0', 'no', 'false', 'none'].includes(this.string(name).trim().toLowerCase());
  }

  /** Undefined when absent or empty. Throws Go's words for what is no number, with 500 as dockerd does. */
  integer(name: string): number | undefined {
    const text = this.string(name);
    if (text === '') return undefined;
    if (!/^[+-]?\d+$/.test(text)) throw internal(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`);
    return Number(text);
  }
}
