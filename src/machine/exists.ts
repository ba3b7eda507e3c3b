import { lstatSync } from 'node:fs';
import { systemCode } from '../core/errors.ts';

/** Whether anything of that name is there; errors other than its absence are thrown. */
export async function exists(path: string): Promise<boolean> {
  try {
    lstatSync(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return false;
    throw error;
  }
}
