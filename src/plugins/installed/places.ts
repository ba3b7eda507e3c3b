import { posix, win32 } from 'node:path';
import type { Platform } from '../../host/platform.ts';

/**
 * Where installed drivers lie: with the user's data, not in a store. A store may be copied or come from elsewhere, and what it
 * holds is never run; one driver serves all stores.
 */
export function driversFolder({ os, env, home }: Platform): string {
  const { join } = os === 'win32' ? win32 : posix;
  if (os === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'tsmachine', 'drivers');
  if (os === 'darwin') return join(home, 'Library', 'Application Support', 'tsmachine', 'drivers');
  return join(env.XDG_DATA_HOME || join(home, '.local', 'share'), 'tsmachine', 'drivers');
}

/** Files of one driver in its folder. */
export interface DriverPlace {
  readonly dir: string;
  /** What we know of it. */
  readonly record: string;
  /** What was installed, npm's node_modules: what the digest is of. */
  readonly modules: string;
  /** From where its package is looked for. */
  readonly from: string;
}

export function driverPlace(dir: string): DriverPlace {
  return { dir, record: posix.join(dir, 'driver.json'), modules: posix.join(dir, 'node_modules'), from: posix.join(dir, 'package.json') };
}

/** A driver's name is a folder's name too. */
export const isDriverName = (name: unknown): name is string => typeof name === 'string' && /^[a-z0-9][a-z0-9-]{0,63}$/.test(name);
