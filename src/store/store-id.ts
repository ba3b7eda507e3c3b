import { readFileSync } from 'node:fs';
import { link, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { writeFileAtomic } from '../core/atomic-file.ts';
import { systemCode } from '../core/errors.ts';
import { makeFolder } from '../core/folder.ts';

/** The store's random id, made by the first process that asks. Two stores never share one; a store keeps it for life. */
export async function storeId(path: string): Promise<string> {
  const known = await read(path);
  if (known !== undefined) return known;
  await makeFolder(dirname(path));
  const candidate = `${path}.${crypto.randomUUID()}`;
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

async function read(path: string): Promise<string | undefined> {
  try {
    const { id } = JSON.parse(readFileSync(path, 'utf8')) as { id?: unknown };
    if (typeof id === 'string' && id !== '') return id;
    throw new Error(`${path}: expected an id, found ${JSON.stringify(id)}`);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
