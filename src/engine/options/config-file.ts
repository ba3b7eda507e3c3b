import { readFileSync } from 'node:fs';
import { isMap, OptionError, type Value, type Values } from './command-line.ts';
import { fileOnlyKeys, flags, keyOf } from './flags.ts';

const byKey = new Map(flags.map((flag) => [keyOf(flag), flag]));
const byName = new Map(flags.map((flag) => [flag.name, flag]));

/**
 * Reads daemon.json. A missing file is empty unless the user named it. Throws OptionError in dockerd's words for broken JSON,
 * unknown keys, and for what is given both here and on the command line (moby daemon/config/config.go).
 */
export function readConfigFile(path: string, fromFlags: Values): Values {
  const fail = (reason: string): OptionError => new OptionError(`unable to configure the Docker daemon with file ${path}: ${reason}`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8')
      .replace(/^\uFEFF/, '')
      .trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' && !fromFlags.has('config-file')) return new Map();
    throw fail(
      `open ${path}: ${(error as NodeJS.ErrnoException).code === 'ENOENT' ? 'no such file or directory' : (error as Error).message}`,
    );
  }
  if (text === '') return new Map();
  const content = parse(text, fail);
  const unknown = Object.keys(content).filter((key) => !byKey.has(key) && !byName.has(key) && !fileOnlyKeys.has(key));
  if (unknown.length > 0) throw fail(`the following directives don't match any configuration option: ${unknown.join(', ')}`);
  const conflicts = Object.entries(content).flatMap(([key, value]) => {
    const given = fromFlags.get(key);
    return given === undefined ? [] : [`${key}: (from flag: ${goText(given)}, from file: ${goText(value)})`];
  });
  if (conflicts.length > 0) {
    throw fail(`the following directives are specified both as a flag and in the configuration file: ${conflicts.join(', ')}`);
  }
  const values: Values = new Map();
  for (const [key, value] of Object.entries(content)) values.set(key, checkKind(key, value, fail));
  return values;
}

function parse(text: string, fail: (reason: string) => OptionError): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw fail((error as Error).message);
  }
  if (!isMap(value)) throw fail('json: cannot unmarshal into Go value of type map[string]interface {}');
  return value;
}

function checkKind(key: string, value: unknown, fail: (reason: string) => OptionError): Value {
  const kind = (byKey.get(key) ?? byName.get(key))?.kind;
  const expected = { bool: 'boolean', int: 'number', string: 'string', bytes: 'string', ip: 'string', list: 'list', map: 'map' }[
    kind ?? 'map'
  ];
  const found = Array.isArray(value) ? 'list' : isMap(value) ? 'map' : typeof value;
  if (kind === undefined || expected === found || (kind === 'bytes' && found === 'number') || (kind === 'list' && found === 'map'))
    return value as Value;
  throw fail(`json: cannot unmarshal ${found} into Go struct field Config.${key} of type ${expected}`);
}

/** Go's %v. */
function goText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`;
  if (isMap(value))
    return `map[${Object.entries(value)
      .map(([key, item]) => `${key}:${goText(item)}`)
      .join(' ')}]`;
  return String(value);
}
