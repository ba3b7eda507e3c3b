/** config.json as docker-machine writes it: ConfigVersion 3, four blanks, fixed key order, no newline at the end. */
import { readFile } from 'node:fs/promises';
import { writeFileAtomic } from '../core/atomic-file.ts';
import { MachineError, messageOf, systemCode } from '../core/errors.ts';
import { defaultHostOptions, type HostOptions, hostOptionsFrom } from './host-options.ts';
import { escapeAsGo, indentJson, objectMembers } from './json-text.ts';

const CONFIG_VERSION = 3;

export interface MachineConfig {
  /** Always the folder's name, whatever the file says. */
  readonly name: string;
  readonly driverName: string;
  /** The driver's own state: a JSON object text, kept value for value. */
  readonly driver: string;
  readonly hostOptions: HostOptions;
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
  await writeFileAtomic(path, configText(config), 0o600);
}

/** Throws MACHINE_BROKEN saying what is wrong with the file, its path in the hint. */
export async function readConfig(path: string, name: string): Promise<MachineConfig> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    throw broken(path, systemCode(error) === 'ENOENT' ? `open ${path}: no such file or directory` : messageOf(error), error);
  }
  try {
    return parseConfig(text, name);
  } catch (error) {
    throw broken(path, `Error getting migrated host: ${messageOf(error)}`, error);
  }
}

/** Throws an error whose message says what was expected and what was found. */
export function parseConfig(text: string, name: string): MachineConfig {
  const value: unknown = JSON.parse(text);
  if (!isObject(value)) throw new Error(`expected a JSON object, found ${describe(value)}`);
  const version = value.ConfigVersion ?? 0;
  if (typeof version !== 'number') throw new Error(`ConfigVersion: expected a number, found ${describe(version)}`);
  if (version > CONFIG_VERSION) throw new Error('config version is from the future -- you should upgrade your tsmachine client');
  if (version < CONFIG_VERSION) throw new Error(`ConfigVersion ${version}: only version ${CONFIG_VERSION} is read`);
  if (!isObject(value.Driver)) throw new Error(`Driver: expected an object, found ${describe(value.Driver)}`);
  if (typeof value.DriverName !== 'string' || value.DriverName === '')
    throw new Error(`DriverName: expected a name, found ${describe(value.DriverName)}`);
  return {
    name,
    driverName: value.DriverName,
    driver: objectMembers(text).get('Driver') ?? '{}',
    hostOptions: value.HostOptions === undefined ? defaultHostOptions() : hostOptionsFrom(value.HostOptions),
  };
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
