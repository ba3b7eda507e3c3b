import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { MachineError } from '../core/errors.ts';
import { driverTemplate } from '../core/package-files.ts';
import { isDriverName } from './installed/places.ts';

/** npm leaves a .gitignore out of packages. */
const RENAMED = new Map([['gitignore', '.gitignore']]);

/**
 * Writes a driver that works, against a fake provider, into a new folder (or an empty one); the last part of its path is the driver's name.
 * Gives the files' paths. Throws `DRIVER_NAME`, `FOLDER_EXISTS`.
 */
export async function newDriver(folder: string): Promise<string[]> {
  const name = basename(resolve(folder)).replace(/^tsmachine-driver-/, '');
  if (!isDriverName(name) || !/^[a-z]/.test(name))
    throw new MachineError(
      'DRIVER_NAME',
      `expected a name of a-z, 0-9 and - as the last part of the folder, found ${JSON.stringify(name)}`,
    );
  if (existsSync(folder) && (await readdir(folder)).length > 0)
    throw new MachineError('FOLDER_EXISTS', `${folder}: expected no folder or an empty one, found files`);
  const { folder: template, version } = driverTemplate();
  const files: string[] = [];
  for (const item of (await readdir(template, { recursive: true, withFileTypes: true })).filter((found) => found.isFile())) {
    const from = join(item.parentPath, item.name);
    const to = join(folder, relative(template, item.parentPath), RENAMED.get(item.name) ?? item.name);
    await mkdir(dirname(to), { recursive: true });
    const text = (await readFile(from, 'utf8')).replaceAll('__version__', version).replaceAll('__name__', name);
    await writeFile(to, text.replaceAll('__NAME__', name.replaceAll('-', '_').toUpperCase()));
    files.push(to);
  }
  return files.sort();
}
