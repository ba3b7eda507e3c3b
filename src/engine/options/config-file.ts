import { readFileSync } from 'node:fs';
import { goSyntaxError } from '../http/go-json.ts';
import { fileProblem } from './checks.ts';
import { fileOnlyKeys, flags, keyOf } from './flags.ts';
import { isMap, OptionError, type Value, type Values } from './values.ts';

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
  const known = (key: string): boolean => byKey.has(key) || byName.has(key) || fileOnlyKeys.has(key);
  // An unknown object is told by its own keys: dockerd flattens the file first.
  const unknown = Object.entries(content).flatMap(([key, value]) => (known(key) ? [] : isMap(value) ? Object.keys(value) : [key]));
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
  const problem = fileProblem(values);
  if (problem !== undefined) throw fail(`merged configuration validation from file and command line flags failed: ${problem}`);
  return values;
}

function parse(text: string, fail: (reason: string) => OptionError): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw fail(`invalid JSON: ${syntaxProblem(text)}`);
  }
  if (!isMap(value)) throw fail(`invalid JSON: json: cannot unmarshal ${goKind(value)} into Go value of type map[string]interface {}`);
  return value;
}

/** Go reads the whole text at once here, so it knows where it ends. */
function syntaxProblem(text: string): string {
  const problem = goSyntaxError(text);
  if (problem !== undefined) return problem.replace('unexpected EOF', 'unexpected end of JSON input');
  const after = text.slice(firstValue(text).length).trimStart();
  return `invalid character '${after[0] ?? ''}' after top-level value`;
}

/** The longest beginning that is a value by itself. */
function firstValue(text: string): string {
  for (let end = text.length - 1; end > 0; end -= 1) {
    try {
      JSON.parse(text.slice(0, end));
      return text.slice(0, end);
    } catch {
      // Not yet.
    }
  }
  return '';
}

const GO_TYPES = { bool: 'bool', int: 'int', string: 'string', bytes: 'string', ip: 'string', list: '[]string', map: 'map[string]string' };

function checkKind(key: string, value: unknown, fail: (reason: string) => OptionError): Value {
  const kind = (byKey.get(key) ?? byName.get(key))?.kind;
  if (kind === undefined) return value as Value;
  const expected = { bool: 'bool', int: 'number', string: 'string', bytes: 'string', ip: 'string', list: 'array', map: 'object' }[kind];
  const found = goKind(value);
  if (expected === found || (kind === 'bytes' && found === 'number') || (kind === 'list' && found === 'object')) return value as Value;
  throw fail(`invalid JSON: json: cannot unmarshal ${found} into Go struct field Config.${key} of type ${GO_TYPES[kind]}`);
}

/** What Go calls a JSON value. */
function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : isMap(value) ? 'object' : value === null ? 'null' : typeof value;
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
