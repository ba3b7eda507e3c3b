import { link, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomic } from '../core/atomic-file.ts';
import { MachineError, messageOf, systemCode } from '../core/errors.ts';
import { makeFolder } from '../core/folder.ts';
import { readSmallFile } from '../core/read-file.ts';

/** Bytes. */
const LONGEST = 1 << 16;

/** The store's random id, made by the first process that asks. Two stores never share one; a store keeps it for life. Throws STORE_BROKEN. */
export async function storeId(path: string): Promise<string> {
  const known = await read(path);
  if (known !== undefined) return known;
  await makeFolder(dirname(path));
  const candidate = `${path}.tmp-${process.pid}-${crypto.randomUUID().slice(0, 8)}`; // a name that gc knows
  await writeFileAtomic(candidate, `${JSON.stringify({ formatVersion: 1, id: crypto.randomUUID() })}\n`);
  try {
    await link(candidate, path); // unlike rename it never replaces another process's answer
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
  } finally {
    await rm(candidate, { force: true });
  }
  return (await read(path)) ?? storeId(path);
}

/** The id of a store that has one. Makes nothing. Throws STORE_BROKEN. */
export const knownStoreId = read;

async function read(path: string): Promise<string | undefined> {
  try {
    const { id } = JSON.parse(await readSmallFile(path, LONGEST)) as { id?: unknown };
    if (typeof id === 'string' && id !== '') return id;
    throw new Error(`expected an id, found ${JSON.stringify(id)}`);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    if (systemCode(error) !== undefined) throw error;
    throw new MachineError('STORE_BROKEN', `${path} cannot be read: ${messageOf(error)}`, {
      hint: 'delete it: a new id is made, by which gc knows only what is made from then on',
    });
  }
}
