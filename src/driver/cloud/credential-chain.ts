import { MachineError } from '../../core/errors.ts';

/** One place where a vendor's tools look for credentials. */
export interface CredentialSource<T> {
  /** As messages name it: `the environment`, `profile "work"`. */
  readonly name: string;
  /** What is there; undefined when the place has none, and the next one is asked. Throws when it has some that cannot be used. */
  find(): Promise<T | undefined>;
  /** How to renew what comes from there. */
  readonly renewal: string;
}

export interface Found<T> {
  readonly value: T;
  readonly source: CredentialSource<T>;
}

/** The first that has some. Throws `CLOUD_CREDENTIALS` with `none` as its message and the places that were looked at. */
export async function firstCredentials<T>(sources: readonly CredentialSource<T>[], none: string): Promise<Found<T>> {
  for (const source of sources) {
    const value = await source.find();
    if (value !== undefined) return { value, source };
  }
  throw new MachineError('CLOUD_CREDENTIALS', none, { hint: `looked in ${sources.map(({ name }) => name).join(', ')}` });
}

/** `CLOUD_CREDENTIALS`: the vendor knows them and refuses them. */
export function refusedCredentials<T>(vendor: string, why: string, { name, renewal }: CredentialSource<T>, cause?: unknown): MachineError {
  return new MachineError('CLOUD_CREDENTIALS', `${vendor} refused the credentials from ${name}: ${why}`, { hint: renewal, cause });
}
