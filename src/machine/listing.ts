import { readdirSync } from 'node:fs';
import { systemCode } from '../core/errors.ts';
import type { StorePaths } from '../store/paths.ts';

/** A machine is a folder whose name does not begin with a dot. Byte order. */
export async function machineNames(paths: StorePaths): Promise<string[]> {
  try {
    const found = readdirSync(paths.machinesDir, { withFileTypes: true });
    const names = found
      .filter((item) => !item.name.startsWith('.') && (item.isDirectory() || item.isSymbolicLink()))
      .map((item) => item.name);
    return names.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}
