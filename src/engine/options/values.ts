/** A wrong command line or configuration: told on stderr, exit code 1, as dockerd. */
export class OptionError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OptionError';
  }
}

export type Value = string | number | boolean | string[] | Record<string, string>;
/** By daemon.json key; only what was given. */
export type Values = Map<string, Value>;

export function isMap(value: unknown): value is Record<string, string> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
