import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder } from '../core/atomic-file.ts';
import { systemCode } from '../core/errors.ts';
import { makeFolder } from '../core/folder.ts';
import { type MachineConfig, readConfig, writeConfig } from '../store/config.ts';
import type { MachinePaths } from '../store/paths.ts';
import { emptyRecord, type MachineRecord, readRecord, writeRecord } from '../store/record.ts';
import { readSecrets, type SecretSources, writeSecrets } from '../store/secrets.ts';

/** One machine's files, as last written. Writes are durable, and in the order of the calls. */
export class MachineEntry {
  readonly paths: MachinePaths;
  private currentConfig: MachineConfig;
  private currentRecord: MachineRecord;
  private lastWrite: Promise<void> = Promise.resolve();

  constructor(paths: MachinePaths, config: MachineConfig, record: MachineRecord) {
    this.paths = paths;
    this.currentConfig = config;
    this.currentRecord = record;
  }

  get config(): MachineConfig {
    return this.currentConfig;
  }

  get record(): MachineRecord {
    return this.currentRecord;
  }

  /** Stores the driver's state; nothing is written when it is what the file has. */
  async saveDriver(state: string): Promise<void> {
    if (state === this.currentConfig.driver) return this.lastWrite;
    await this.saveConfig({ ...this.currentConfig, driver: state });
  }

  async saveConfig(config: MachineConfig): Promise<void> {
    const { older: _kept, ...current } = config;
    this.currentConfig = current;
    await this.inOrder(() => writeConfig(this.paths.config, config));
  }

  async update(change: Partial<MachineRecord>): Promise<void> {
    await this.replaceRecord({ ...this.currentRecord, ...change });
  }

  async replaceRecord(record: MachineRecord): Promise<void> {
    this.currentRecord = record;
    await this.inOrder(() => writeRecord(this.paths.record, record));
  }

  private inOrder(write: () => Promise<void>): Promise<void> {
    const done = this.lastWrite.then(write);
    this.lastWrite = done.catch(() => {}); // who asked for the write hears of it
    return done;
  }
}

/** Throws MACHINE_BROKEN. */
export async function loadEntry(paths: MachinePaths, name: string): Promise<MachineEntry> {
  const [config, record] = await Promise.all([readConfig(paths.config, name), readRecord(paths.record)]);
  return new MachineEntry(paths, config, record ?? emptyRecord);
}

/**
 * Makes the folder with both files appear under its name in one rename: no crash leaves a folder without them, and who lists
 * machines/ sees nothing else.
 */
export async function createEntry(
  paths: MachinePaths,
  config: MachineConfig,
  record: MachineRecord,
  secrets: SecretSources = {},
): Promise<MachineEntry> {
  await removeLeftovers(paths);
  await makeFolder(dirname(paths.dir));
  const prepareIn = async (staging: string) => {
    await makeFolder(staging);
    await writeRecord(join(staging, 'tsmachine.json'), record);
    await writeConfig(join(staging, 'config.json'), config);
    if (Object.keys(secrets).length > 0) await writeSecrets(join(staging, 'secrets.json'), secrets);
    await rename(staging, paths.dir);
  };
  try {
    await orBeside(prepareIn, paths.stagingDir, paths.besideDirs.staging);
  } catch (error) {
    await removeLeftovers(paths);
    throw error;
  }
  await syncFolder(dirname(paths.dir));
  return new MachineEntry(paths, config, record);
}

/** What a create was given replaces what an earlier attempt was; one that goes on with that attempt's machine adds to it. */
export async function saveSecrets({ paths }: MachineEntry, given: SecretSources, resumed: boolean): Promise<void> {
  const secrets = resumed ? { ...(await readSecrets(paths.secrets)), ...given } : given;
  if (Object.keys(secrets).length > 0) await writeSecrets(paths.secrets, secrets);
  else await rm(paths.secrets, { force: true });
}

/** Lets the entry vanish in one rename, then deletes its files; also what a crash left of this name. Nothing there is success. */
export async function deleteEntry(paths: MachinePaths): Promise<void> {
  await removeLeftovers(paths);
  const moveTo = async (leaving: string) => {
    await makeFolder(dirname(leaving));
    await rename(paths.dir, leaving);
  };
  try {
    await orBeside(moveTo, paths.leavingDir, paths.besideDirs.leaving);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    throw error;
  }
  await removeLeftovers(paths);
}

/** A rename does not leave a file system: machines/ may be a mount of its own. */
async function orBeside(work: (dir: string) => Promise<void>, dir: string, beside: string): Promise<void> {
  try {
    await work(dir);
  } catch (error) {
    if (systemCode(error) !== 'EXDEV') throw error;
    await work(beside);
  }
}

async function removeLeftovers({ stagingDir, leavingDir, besideDirs }: MachinePaths): Promise<void> {
  for (const dir of [stagingDir, leavingDir, besideDirs.staging, besideDirs.leaving]) await removeFolder(dir);
}

/** A name too long to have a dot in front has never had one. */
async function removeFolder(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true }).catch((error: unknown) => {
    if (systemCode(error) !== 'ENAMETOOLONG') throw error;
  });
}
