/** config.json as docker-machine writes it: ConfigVersion 3, four blanks, fixed key order, no newline at the end. */
import { dirname } from 'node:path';
import { writeFileAtomic } from '../core/atomic-file.ts';
import { MachineError, messageOf, systemCode } from '../core/errors.ts';
import { readSmallFile } from '../core/read-file.ts';
import { type HostOptions, hostOptionsFrom } from './host-options.ts';
import { escapeAsGo, indentJson, nesting, objectMembers } from './json-text.ts';

const CONFIG_VERSION = 3;

/** Bytes. A driver's state may be long, and a file that is no config.json longer. */
const LONGEST = 16 << 20;

/** A real one has six levels; what recurses over values has its limits. */
const DEEPEST = 200;

export interface MachineConfig {
  /** Always the folder's name, whatever the file says. */
  readonly name: string;
  readonly driverName: string;
  /** The driver's own state: a JSON object text, kept value for value. */
  readonly driver: string;
  readonly hostOptions: HostOptions;
  /** The file's text when it is of an older version: kept as config.json.bak before the first write over it. */
  readonly older?: string;
}

/** The file's text. Everything but `driver` has a fixed shape. */
export function configText(config: MachineConfig): string {
  const text = [
    '{',
    `    "ConfigVersion": ${CONFIG_VERSION},`,
    `    "Driver": ${indentJson(config.driver, 1)},`,
    `    "DriverName": ${JSON.stringify(config.driverName)},`,
    `    "HostOptions": ${indentJson(JSON.stringify(config.hostOptions), 1)},`,
    `    "Name": ${JSON.stringify(config.name)}`,
    '}',
  ].join('\n');
  return escapeAsGo(text);
}

export async function writeConfig(path: string, config: MachineConfig): Promise<void> {
  if (config.older !== undefined) await writeFileAtomic(`${path}.bak`, config.older, 0o600);
  await writeFileAtomic(path, configText(config), 0o600);
}

/** Reads version 3 and, migrated, 0 to 2; nothing is written. Throws MACHINE_BROKEN saying what is wrong with the file, its path in the hint. */
export async function readConfig(path: string, name: string): Promise<MachineConfig> {
  let text: string;
  try {
    text = await readSmallFile(path, LONGEST);
  } catch (error) {
    throw broken(path, systemCode(error) === 'ENOENT' ? `open ${path}: no such file or directory` : `${path}: ${messageOf(error)}`, error);
  }
  try {
    return await parseConfig(text, name, path);
  } catch (error) {
    throw broken(path, `Error getting migrated host: ${messageOf(error)}`, error);
  }
}

/** `path`: of the file, absolute. Throws an error whose message says what was expected and what was found. */
export async function parseConfig(text: string, name: string, path: string): Promise<MachineConfig> {
  if (nesting(text) > DEEPEST) throw new Error(`expected at most ${DEEPEST} levels of values, found ${nesting(text)}`);
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new Error(`expected a JSON object, found ${describe(value)}`);
  const version = value.ConfigVersion ?? 0;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 0)
    throw new Error(`ConfigVersion: expected a number of 0 to ${CONFIG_VERSION}, found ${describe(version)}`);
  if (version > CONFIG_VERSION) throw new Error('config version is from the future -- you should upgrade your tsmachine client');
  if (!isObject(value.Driver)) throw new Error(`Driver: expected an object, found ${describe(value.Driver)}`);
  if (typeof value.DriverName !== 'string' || value.DriverName === '' || value.DriverName.length > 200)
    throw new Error(`DriverName: expected a name, found ${describe(value.DriverName)}`);
  const { DriverName: driverName } = value;
  const driver = objectMembers(text).get('Driver') ?? '{}';
  if (version < CONFIG_VERSION) {
    const { migratedDriver, migratedHostOptions } = await import('./migrate.ts'); // few stores need it
    const hostOptions = migratedHostOptions(value, version, path);
    return { name, driverName, driver: migratedDriver(driver, path), hostOptions, older: text };
  }
  const hostOptions = hostOptionsFrom(value.HostOptions);
  return { name, driverName, driver, hostOptions: await mended(hostOptions, path) };
}

/** Version 3 with the StorePath that docker-machine's own migration or a relative store left: put right. */
async function mended(options: HostOptions, path: string): Promise<HostOptions> {
  const { StorePath: found } = options.AuthOptions;
  if (found === '' || found === dirname(path)) return options;
  const { isMisplaced, placedAuth } = await import('./migrate.ts');
  return isMisplaced(options.AuthOptions, path) ? { ...options, AuthOptions: placedAuth(options.AuthOptions, path) } : options;
}

function broken(path: string, reason: string, cause: unknown): MachineError {
  return new MachineError('MACHINE_BROKEN', reason.replaceAll('\n', ' '), {
    cause,
    hint: `mend ${path}, or remove the machine with rm -f`,
  });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function describe(value: unknown): string {
  return value === undefined ? 'nothing' : (JSON.stringify(value) ?? typeof value).slice(0, 80);
}
