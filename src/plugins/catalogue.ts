import { messageOf } from '../core/errors.ts';
import { CONTRACT_VERSION, type DriverDefinition } from '../driver/contract.ts';
import type { Platform } from '../host/platform.ts';
import { builtInDrivers } from './index.ts';

/** A driver that can be named to `create --driver`, or could be if it were whole. */
export interface CatalogueEntry {
  readonly name: string;
  readonly kind: 'built-in' | 'installed' | 'plugin';
  readonly version: string | undefined;
  readonly description: string | undefined;
  /** What installs it again, or the program. */
  readonly source: string | undefined;
  readonly error: string | undefined;
}

/** Every driver here, in the order in which they are looked for. None is started. */
export async function catalogue(
  platform: Platform,
  builtIn: (name: string) => Promise<Pick<DriverDefinition, 'description'>>,
): Promise<CatalogueEntry[]> {
  const none = { version: undefined, description: undefined, source: undefined, error: undefined };
  const entries: CatalogueEntry[] = [];
  for (const name of builtInDrivers()) entries.push({ ...none, name, kind: 'built-in', description: (await builtIn(name)).description });
  const { installedDriver, installedNames } = await import('./installed/index.ts');
  for (const name of await installedNames(platform)) {
    try {
      const found = await installedDriver(name, platform);
      if (!found) continue;
      const { version, source, driver, unchanged } = found;
      const otherContract =
        driver.contract === CONTRACT_VERSION ? undefined : `of contract ${driver.contract}, expected ${CONTRACT_VERSION}`;
      const error = unchanged ? otherContract : 'not what was installed';
      entries.push({ name, kind: 'installed', version, source, description: driver.description, error });
    } catch (error) {
      entries.push({ ...none, name, kind: 'installed', error: messageOf(error) });
    }
  }
  const { goDriversOnPath } = await import('./go/index.ts');
  for (const [name, source] of await goDriversOnPath(platform)) entries.push({ ...none, name, kind: 'plugin', source });
  return entries;
}
