import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { systemCode } from './errors.ts';

/**
 * Makes a folder and those above it that are missing, for their owner alone. One that is there is left as it is. (Node's own
 * recursive mkdir never ends where a file system answers ENOENT to making a folder, as /proc does.)
 */
export async function makeFolder(path: string): Promise<void> {
  if (await made(path)) return;
  const above = dirname(path);
  if (above !== path) await makeFolder(above);
  if (!(await made(path))) throw Object.assign(new Error(`ENOENT: no folder can be made at '${path}'`), { code: 'ENOENT' });
}

/** False when the folder above is missing. */
async function made(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o700 });
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EEXIST') return true;
    if (code === 'ENOENT') return false;
    throw error;
  }
}
