import { itemChecks } from './checks.ts';
import { type Flag, flags, keyOf } from './flags.ts';
import { isMap, OptionError, type Value, type Values } from './values.ts';

const byName = new Map(flags.map((flag) => [flag.name, flag]));
const byShort = new Map(flags.flatMap((flag) => (flag.short === undefined ? [] : [[flag.short, flag] as const])));

/** Reads a command line as spf13/pflag does. Throws OptionError with pflag's words. */
export function readCommandLine(args: readonly string[]): Values {
  const values: Values = new Map();
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '--') break;
    if (word.startsWith('--')) readLong(word, rest, values);
    else if (word.startsWith('-') && word.length > 1) readShort(word, rest, values);
    else throw noArguments();
  }
  const [extra] = rest;
  if (extra !== undefined) throw noArguments();
  return values;
}

function readLong(word: string, rest: string[], values: Values): void {
  const equals = word.indexOf('=');
  const name = equals < 0 ? word.slice(2) : word.slice(2, equals);
  const flag = byName.get(name);
  if (flag === undefined) throw usage(`unknown flag: --${name}`);
  let value = equals < 0 ? undefined : word.slice(equals + 1);
  if (value === undefined && flag.kind === 'bool') value = 'true';
  value ??= rest.shift();
  if (value === undefined) throw usage(`flag needs an argument: --${name}`);
  store(values, flag, value, `--${name}`);
}

function readShort(word: string, rest: string[], values: Values): void {
  for (let index = 1; index < word.length; index++) {
    const letter = word[index] ?? '';
    const flag = byShort.get(letter);
    if (flag === undefined) throw usage(`unknown shorthand flag: '${letter}' in ${word}`);
    const label = `-${letter}, --${flag.name}`;
    const tail = word.slice(index + 1);
    if (tail.startsWith('=')) {
      store(values, flag, tail.slice(1), label);
      return;
    }
    if (flag.kind === 'bool') {
      store(values, flag, 'true', label);
      continue;
    }
    const value = tail === '' ? rest.shift() : tail;
    if (value === undefined) throw usage(`flag needs an argument: '${letter}' in ${word}`);
    store(values, flag, value, label);
    return;
  }
}

function store(values: Values, flag: Flag, text: string, label: string): void {
  const key = keyOf(flag);
  const value = parseValue(flag, text, label);
  const before = values.get(key);
  if (Array.isArray(value) && Array.isArray(before)) before.push(...value);
  else if (isMap(value) && isMap(before)) Object.assign(before, value);
  else values.set(key, value);
}

function parseValue(flag: Flag, text: string, label: string): Value {
  const invalid = (reason: string) => usage(`invalid argument ${JSON.stringify(text)} for "${label}" flag: ${reason}`);
  switch (flag.kind) {
    case 'bool':
      if (/^(1|t|true)$/i.test(text)) return true;
      if (/^(0|f|false)$/i.test(text)) return false;
      throw invalid(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);
    case 'int':
      if (!/^[+-]?\d+$/.test(text)) throw invalid(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
      return Number(text);
    case 'list': {
      const problem = itemChecks[keyOf(flag)]?.(text);
      if (problem !== undefined) throw invalid(problem);
      return flag.name === 'dns' ? text.split(',') : [text];
    }
    case 'map': {
      const equals = text.indexOf('=');
      return equals < 0 ? { [text]: '' } : { [text.slice(0, equals)]: text.slice(equals + 1) };
    }
    default:
      return text;
  }
}

const HINT = "See 'dockerd --help'.";
const USAGE = 'Usage:  dockerd [OPTIONS]';

/** What dockerd 28.5 says of a wrong flag. */
export function usage(message: string): OptionError {
  return new OptionError(`Status: ${message}\n${HINT}\n\n${USAGE}`);
}

function noArguments(): OptionError {
  return new OptionError(`"dockerd" accepts no argument(s).\n${HINT}\n\n${USAGE}`);
}
