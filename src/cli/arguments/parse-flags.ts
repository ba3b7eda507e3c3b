import type { FlagValues } from '../../driver/flags.ts';
import type { CliFlag, ParsedArguments } from './cli-flag.ts';
import { environmentValue } from './environment.ts';
import { parseGoBool, parseGoInt } from './go-values.ts';
import { unknownFlag, usageError } from './usage-error.ts';

type Value = FlagValues[string];

/**
 * Reads a command's words as Go's flag package does: one or two dashes, `-name value` and `-name=value`, bools with `=` only, no
 * bundling; `--` ends flags. Unlike docker-machine flags may stand anywhere and names keep their order.
 * Throws USAGE for what it does not know; a help flag before that wins.
 */
export function parseFlags(specs: readonly CliFlag[], words: readonly string[], env: Environment): ParsedArguments {
  return withDefaults(specs, scan(specs, words, false), env);
}

/** The flags before the command: stops at the first word that is no flag. */
export function parseLeadingFlags(specs: readonly CliFlag[], words: readonly string[], env: Environment): ParsedArguments {
  return withDefaults(specs, scan(specs, words, true), env);
}

type Environment = Readonly<Record<string, string | undefined>>;

function withDefaults(specs: readonly CliFlag[], { values, names, help }: Found, env: Environment): ParsedArguments {
  return { values: allValues(specs, values, env), given: new Set(values.keys()), names, help };
}

interface Found {
  values: Map<string, Value>;
  names: string[];
  help: boolean;
}

function scan(specs: readonly CliFlag[], words: readonly string[], leadingOnly: boolean): Found {
  const forms = new Map<string, string>();
  const found: Found = { values: new Map(), names: [], help: false };
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (word === '--') return { ...found, names: [...found.names, ...words.slice(at + 1)] };
    if (!word.startsWith('-') || word === '-') {
      if (leadingOnly) return { ...found, names: [...words.slice(at)] };
      found.names.push(word);
      continue;
    }
    const { name, inline } = splitFlag(word);
    const spec = specs.find((candidate) => candidate.name === name || candidate.short === name);
    if (!spec && (name === 'h' || name === 'help')) return { ...found, help: true };
    if (!spec) throw unknownFlag(name, specs);
    refuseTwoForms(spec, name, forms);
    let text = inline;
    if (text === undefined && spec.type !== 'bool') {
      at += 1;
      text = words[at];
      if (text === undefined) throw usageError(`flag needs an argument: -${name}`);
    }
    found.values.set(spec.name, combined(spec, found.values.get(spec.name), convert(spec, name, text)));
  }
  return found;
}

function splitFlag(word: string): { name: string; inline: string | undefined } {
  const body = word.startsWith('--') ? word.slice(2) : word.slice(1);
  if (body === '' || body.startsWith('-') || body.startsWith('=')) throw usageError(`bad flag syntax: ${word}`);
  const equals = body.indexOf('=');
  return equals < 0 ? { name: body, inline: undefined } : { name: body.slice(0, equals), inline: body.slice(equals + 1) };
}

function refuseTwoForms(spec: CliFlag, name: string, forms: Map<string, string>): void {
  const before = forms.get(spec.name);
  if (before !== undefined && before !== name)
    throw usageError(`Cannot use two forms of the same flag: ${spec.short ?? before} ${spec.name}`);
  forms.set(spec.name, name);
}

function convert(spec: CliFlag, name: string, text: string | undefined): Value {
  if (spec.type === 'bool') {
    const value = text === undefined ? true : parseGoBool(text);
    if (value === undefined) throw usageError(`invalid boolean value ${JSON.stringify(text)} for -${name}: parse error`);
    return value;
  }
  if (spec.type === 'int') {
    const value = parseGoInt(text ?? '');
    if (value === undefined) throw usageError(`invalid value ${JSON.stringify(text)} for flag -${name}: parse error`);
    return value;
  }
  return spec.type === 'strings' ? [text ?? ''] : (text ?? '');
}

function combined(spec: CliFlag, before: Value | undefined, value: Value): Value {
  if (spec.type !== 'strings') return value;
  return [...((before as readonly string[] | undefined) ?? []), ...(value as readonly string[])];
}

const EMPTY: Record<CliFlag['type'], Value> = { string: '', int: 0, bool: false, strings: [] };

function allValues(specs: readonly CliFlag[], given: ReadonlyMap<string, Value>, env: Readonly<Record<string, string | undefined>>) {
  const values: Record<string, Value> = {};
  for (const spec of specs) values[spec.name] = given.get(spec.name) ?? environmentValue(spec, env) ?? spec.default ?? EMPTY[spec.type];
  return values;
}
