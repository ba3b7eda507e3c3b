import { writeFileAtomic } from '../../core/atomic-file.ts';
import { MachineError, messageOf, systemCode } from '../../core/errors.ts';
import { readSmallFile } from '../../core/read-file.ts';
import type { DriverDescription } from '../isolated/description.ts';
import type { DriverPlace } from './places.ts';

/** What is kept of an installed driver (driver.json). */
export interface InstalledDriver {
  readonly package: string;
  readonly version: string;
  /** As `driver install` was told: what installs it again. */
  readonly source: string;
  /** See `treeDigest`. */
  readonly digest: string;
  readonly driver: DriverDescription;
}

/** Bytes. */
const LONGEST = 1 << 20;

/** Undefined when no such driver is installed. Throws `DRIVER_BROKEN`. */
export async function readInstalled(place: DriverPlace): Promise<InstalledDriver | undefined> {
  try {
    const found = JSON.parse(await readSmallFile(place.record, LONGEST)) as { formatVersion?: unknown } & InstalledDriver;
    const { driver } = found;
    const texts = [found.package, found.version, found.source, found.digest, driver.name, driver.description];
    const lists = [driver.flags, driver.abilities, driver.definitionAbilities];
    if (found.formatVersion === 1 && texts.every((text) => typeof text === 'string') && lists.every(Array.isArray)) return found;
    throw new Error('expected formatVersion 1 with package, version, source, digest, driver');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return undefined;
    throw new MachineError('DRIVER_BROKEN', `${place.record} cannot be read: ${messageOf(error)}`, {
      hint: 'remove the driver with `tsmachine driver rm` and install it again',
    });
  }
}

export async function writeInstalled(place: DriverPlace, installed: InstalledDriver): Promise<void> {
  await writeFileAtomic(place.record, `${JSON.stringify({ formatVersion: 1, ...installed }, undefined, 2)}\n`, 0o600);
}
