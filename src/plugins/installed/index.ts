/** Drivers that `tsmachine driver install` brought. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isMachineError, MachineError, systemCode } from '../../core/errors.ts';
import { CONTRACT_VERSION, type DriverDefinition } from '../../driver/contract.ts';
import type { Platform } from '../../host/platform.ts';
import { isolatedDefinition } from '../isolated/isolated-driver.ts';
import type { PluginHost } from '../plugin-host.ts';
import { driverPlace, driversFolder, isDriverName } from './places.ts';
import { type InstalledDriver, readInstalled } from './record.ts';
import { treeDigest } from './tree-digest.ts';

/** Names, sorted. */
export async function installedNames(platform: Platform): Promise<string[]> {
  try {
    return (await readdir(driversFolder(platform))).filter(isDriverName).sort();
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return [];
    throw error;
  }
}

/** One as it was recorded, with whether it still is what was installed. */
export interface InstalledFacts extends InstalledDriver {
  readonly unchanged: boolean;
}

/** Undefined when it is not installed. Throws `DRIVER_BROKEN`. */
export async function installedDriver(name: string, platform: Platform): Promise<InstalledFacts | undefined> {
  if (!isDriverName(name)) return undefined;
  const place = driverPlace(join(driversFolder(platform), name));
  const found = await readInstalled(place);
  return found && { ...found, unchanged: digestOrNone(place.modules) === found.digest };
}

function digestOrNone(folder: string): string | undefined {
  try {
    return treeDigest(folder);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined; // something was taken away
  }
}

/**
 * An installed driver, which runs in a thread of its own; undefined when there is none of that name. Throws `DRIVER_CHANGED` when it is
 * not what was installed, `DRIVER_CONTRACT` when it was installed for another contract.
 */
export async function loadInstalled(name: string, host: PluginHost): Promise<DriverDefinition | undefined> {
  const found = await installedDriver(name, host.platform);
  if (!found) return undefined;
  const place = driverPlace(join(driversFolder(host.platform), name));
  if (!found.unchanged) {
    throw new MachineError('DRIVER_CHANGED', `Driver "${name}": ${place.modules} is not what was installed (${found.digest})`, {
      hint: `\`tsmachine driver install ${found.source}\` installs it anew, \`tsmachine driver install --accept ${name}\` takes it as it is`,
    });
  }
  checkContract(found.driver.contract, `Driver "${name}" (${found.package} ${found.version})`);
  return isolatedDefinition(found.driver, { from: place.from, module: found.package }, host);
}

/** Throws `DRIVER_CONTRACT`. */
export function checkContract(found: unknown, what: string): void {
  if (found === CONTRACT_VERSION) return;
  const newer = typeof found === 'number' && found > CONTRACT_VERSION;
  throw new MachineError('DRIVER_CONTRACT', `${what}: expected driver contract ${CONTRACT_VERSION}, found ${String(found ?? 'none')}`, {
    hint: newer ? 'a newer tsmachine is needed for it' : 'a newer version of that driver is needed',
  });
}

export const isBrokenDriver = (error: unknown): boolean => isMachineError(error) && error.code === 'DRIVER_BROKEN';
