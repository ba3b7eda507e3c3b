/** Whose an object at a provider is: every one that a driver makes carries these two tags from its birth. */
import { createHash } from 'node:crypto';
import type { DriverContext, HostContext } from '../context.ts';

export const STORE_TAG = 'tsmachine-store';
export const MACHINE_TAG = 'tsmachine-machine';

export function ownerTags({ storeId, machineName }: DriverContext): Readonly<Record<string, string>> {
  return { [STORE_TAG]: storeId, [MACHINE_TAG]: machineName };
}

/** The machine that an object with these tags belongs to; undefined for what is not this store's. */
export function ownerOf(tags: Readonly<Record<string, string | undefined>>, { storeId }: HostContext): string | undefined {
  return storeId !== '' && tags[STORE_TAG] === storeId ? tags[MACHINE_TAG] : undefined;
}

/** A name for an object of this machine that no other store's machine of the same name has. */
export function ownName({ storeId, machineName }: DriverContext): string {
  return `tsmachine-${machineName}-${storeId.replaceAll('-', '').slice(0, 8)}`;
}

/** A token by which the provider knows a call that is made again: the same parts give the same 32 hex digits, others never do. */
export function idempotencyToken(...parts: readonly (string | number)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
}
