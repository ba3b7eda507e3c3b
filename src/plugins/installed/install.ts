import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isMachineError, MachineError, messageOf } from '../../core/errors.ts';
import { makeFolder } from '../../core/folder.ts';
import type { FlagSpec } from '../../driver/flags.ts';
import { withFileLock } from '../../host/file-lock.ts';
import type { Platform } from '../../host/platform.ts';
import type { DriverDescription } from '../isolated/description.ts';
import { DriverThread } from '../isolated/driver-thread.ts';
import type { PluginHost } from '../plugin-host.ts';
import { checkContract } from './index.ts';
import { absoluteSource, packageIn, runNpm } from './npm.ts';
import { type DriverPlace, driverPlace, driversFolder, isDriverName } from './places.ts';
import { type InstalledDriver, readInstalled, writeInstalled } from './record.ts';
import { treeDigest } from './tree-digest.ts';

export interface InstallOptions {
  /** Names that installed drivers cannot have: those that come with the program. */
  readonly taken: readonly string[];
  /** Names of flags that a driver cannot have. */
  readonly reserved: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Installs a package of npm's registry (`name`, `name@version`), a tarball or a folder with npm, without running any of its scripts,
 * then loads it once to see what it is. Replaces the driver of the same name in one rename. Nothing stays when it fails. Throws
 * `INSTALL_FAILED` with npm's words, `DRIVER_INVALID`, `DRIVER_CONTRACT`.
 */
export async function installDriver(source: string, host: PluginHost, options: InstallOptions): Promise<InstalledDriver> {
  const folder = driversFolder(host.platform);
  const wanted = absoluteSource(source);
  return withFileLock(join(folder, '.lock'), { platform: host.platform, clock: host.clock, signal: options.signal }, async () => {
    await removeHalves(folder);
    const place = driverPlace(join(folder, `.new-${randomUUID()}`));
    try {
      await makeFolder(place.dir);
      await runNpm(wanted, place, host, options.signal);
      const installed = await inspected(wanted, place, host, options);
      await writeInstalled(place, installed);
      await takePlace(place.dir, join(folder, installed.driver.name));
      return installed;
    } finally {
      await rm(place.dir, { recursive: true, force: true });
    }
  });
}

/** Takes an installed driver as it is now. Throws `DRIVER_NOT_INSTALLED` and what `installDriver` throws of a driver. */
export async function acceptDriver(name: string, host: PluginHost, options: InstallOptions): Promise<InstalledDriver> {
  const place = await thePlace(name, host.platform);
  const before = await readInstalled(place);
  if (!before) throw notInstalled(name);
  const installed = await inspected(before.source, place, host, options);
  if (installed.driver.name !== name) throw invalid(before.package, `expected a driver named ${name}, found ${installed.driver.name}`);
  await writeInstalled(place, installed);
  return installed;
}

/** Throws `DRIVER_NOT_INSTALLED`. */
export async function removeDriver(name: string, { platform }: Pick<PluginHost, 'platform'>): Promise<void> {
  const { dir } = await thePlace(name, platform);
  const away = join(dirname(dir), `.old-${randomUUID()}`);
  await rename(dir, away);
  await rm(away, { recursive: true, force: true });
}

async function thePlace(name: string, platform: Platform): Promise<DriverPlace> {
  const dir = join(driversFolder(platform), name);
  if (!isDriverName(name) || !existsSync(dir)) throw notInstalled(name);
  return driverPlace(dir);
}

const notInstalled = (name: string) =>
  new MachineError('DRIVER_NOT_INSTALLED', `Driver ${JSON.stringify(name)} is not installed`, { hint: '`tsmachine driver ls` lists them' });

/** Loads what was installed once. */
async function inspected(source: string, place: DriverPlace, host: PluginHost, options: InstallOptions): Promise<InstalledDriver> {
  const { name, version } = await packageIn(place, source);
  const thread = new DriverThread(name, { from: place.from, module: name }, host);
  try {
    const driver = await thread.root.describe().catch((error: unknown) => {
      throw isMachineError(error) ? error : invalid(name, messageOf(error));
    });
    checkContract(driver.contract, `${name} ${version}`);
    checkDescription(name, driver, options);
    return { package: name, version, source, digest: treeDigest(place.modules), driver };
  } finally {
    await thread.end();
  }
}

const invalid = (source: string, reason: string) =>
  new MachineError('DRIVER_INVALID', `${source} is no driver that can be used: ${reason}`);

function checkDescription(source: string, { name, flags, capabilities }: DriverDescription, { taken, reserved }: InstallOptions): void {
  if (!isDriverName(name)) throw invalid(source, `expected a name of a-z, 0-9 and -, found ${JSON.stringify(name)}`);
  if (taken.includes(name)) throw invalid(source, `the name ${name} is that of a driver that comes with tsmachine`);
  if (typeof capabilities?.guest !== 'string') throw invalid(source, 'it tells no capabilities');
  if (!Array.isArray(flags)) throw invalid(source, 'it tells no flags');
  for (const flag of flags as readonly Partial<FlagSpec>[]) {
    const known = ['string', 'int', 'bool', 'strings'].includes(flag.type ?? '');
    if (typeof flag.name !== 'string' || !known) throw invalid(source, `expected flags with name and type, found ${JSON.stringify(flag)}`);
    if (reserved.includes(flag.name)) throw invalid(source, `its flag --${flag.name} is one of create's own`);
  }
}

/** What installations that died left. Under the lock nobody works on them. */
async function removeHalves(folder: string): Promise<void> {
  const halves = (await readdir(folder)).filter((name) => /^\.(new|old)-/.test(name));
  await Promise.all(halves.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

async function takePlace(from: string, to: string): Promise<void> {
  const before = join(dirname(to), `.old-${randomUUID()}`);
  if (existsSync(to)) await rename(to, before);
  await rename(from, to);
  await rm(before, { recursive: true, force: true });
}
