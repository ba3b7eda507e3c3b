/** libmachine's mcnflag and rpcdriver.RPCFlags: a plugin's flags as they come, and their values as they go. */
import { MachineError } from '../../core/errors.ts';
import type { FlagSpec, FlagValues } from '../../driver/flags.ts';
import {
  BOOL,
  GobInterface,
  type GobStruct,
  type GobType,
  type GobValue,
  INT,
  INTERFACE,
  mapOf,
  STRING,
  sliceOf,
  structOf,
} from './gob/index.ts';

export const STRINGS = sliceOf(STRING);
export const RPC_FLAGS = structOf('RPCFlags', { Values: mapOf(STRING, INTERFACE, 'map[string]interface {}') });
/** Under which Go's gob registered it. */
export const RPC_FLAGS_NAME = '*rpcdriver.RPCFlags';

const TYPES = { StringFlag: 'string', IntFlag: 'int', BoolFlag: 'bool', StringSliceFlag: 'strings' } as const;

/**
 * What drivers read besides their own flags: docker-machine sends the values of all flags of `create`. Classic Swarm is gone;
 * these are its flags' defaults, which the driver writes into its state.
 */
const SHARED: readonly (readonly [string, boolean | string])[] = [
  ['swarm', false],
  ['swarm-master', false],
  ['swarm-host', 'tcp://0.0.0.0:3376'],
  ['swarm-discovery', ''],
];

/** Throws PLUGIN_FAILED for an answer to GetCreateFlags that is none. */
export function flagSpecs(answer: GobValue): FlagSpec[] {
  if (!Array.isArray(answer)) throw wrong('expected a list of flags');
  return answer.map(flagSpec);
}

function flagSpec(item: GobValue): FlagSpec {
  if (!(item instanceof GobInterface)) throw wrong('expected a flag');
  const type = TYPES[/\.?(\w+)$/.exec(item.name)?.[1] as keyof typeof TYPES];
  if (!type) throw wrong(`expected a flag of ${Object.keys(TYPES).join(', ')}, found ${JSON.stringify(item.name.slice(0, 80))}`);
  const { Name: name, Usage: help = '', EnvVar: variable = '', Value: value } = item.value as GobStruct;
  if (typeof name !== 'string' || !/^[A-Za-z0-9][\w.-]*$/.test(name))
    throw wrong(`expected the name of a flag, found ${JSON.stringify(name)}`);
  if (typeof help !== 'string' || typeof variable !== 'string') throw wrong(`--${name}: expected a text and a variable`);
  const [env = ''] = variable.split(',');
  return { name, type, help, ...(env.trim() && { env: env.trim() }), ...defaultOf(name, type, value) };
}

function defaultOf(name: string, type: FlagSpec['type'], value: GobValue | undefined): Pick<FlagSpec, 'default'> {
  if (value === undefined || value === null || type === 'bool') return {};
  if (type === 'string' && typeof value === 'string') return { default: value };
  if (type === 'int' && typeof value === 'number') return { default: value };
  if (type === 'strings' && Array.isArray(value) && value.every((part) => typeof part === 'string')) return { default: value };
  throw wrong(`--${name}: expected a default of type ${type}, found ${typeof value === 'bigint' ? value : typeof value}`);
}

/** The argument of SetConfigFromFlags. */
export function flagsArgument(specs: readonly FlagSpec[], values: FlagValues): GobInterface {
  const entries = new Map<string, GobInterface>(
    SHARED.map(([name, value]) => [name, carried(typeof value === 'string' ? 'string' : 'bool', value)]),
  );
  for (const { name, type } of specs) entries.set(name, carried(type, values[name] ?? ''));
  return new GobInterface(RPC_FLAGS_NAME, { Values: entries }, RPC_FLAGS);
}

/** Without a default the host gives '', whatever the type. */
function carried(type: FlagSpec['type'], value: string | number | boolean | readonly string[]): GobInterface {
  const carriers: Record<FlagSpec['type'], readonly [string, GobType, GobValue]> = {
    string: ['string', STRING, value],
    int: ['int', INT, value === '' ? 0 : value],
    bool: ['bool', BOOL, value === '' ? false : value],
    strings: ['[]string', STRINGS, value === '' ? [] : value],
  };
  const [name, wire, sent] = carriers[type];
  return new GobInterface(name, sent, wire);
}

const MCNFLAGS: Record<FlagSpec['type'], readonly [string, GobType]> = {
  string: ['*mcnflag.StringFlag', structOf('StringFlag', { Name: STRING, Usage: STRING, EnvVar: STRING, Value: STRING })],
  int: ['*mcnflag.IntFlag', structOf('IntFlag', { Name: STRING, Usage: STRING, EnvVar: STRING, Value: INT })],
  bool: ['*mcnflag.BoolFlag', structOf('BoolFlag', { Name: STRING, Usage: STRING, EnvVar: STRING })],
  strings: ['*mcnflag.StringSliceFlag', structOf('StringSliceFlag', { Name: STRING, Usage: STRING, EnvVar: STRING, Value: STRINGS })],
};
const FLAGS = sliceOf(INTERFACE);

/** The other way: a driver's flags as the answer to GetCreateFlags. docker-machine knows no switch that is on by default. */
export function flagsAnswer(specs: readonly FlagSpec[]): { type: GobType; value: GobValue } {
  const flags = specs.map(({ name, type, help, env = '', default: value }) => {
    const [registered, wire] = MCNFLAGS[type];
    return new GobInterface(registered, { Name: name, Usage: help, EnvVar: env, ...(value === undefined ? {} : { Value: value }) }, wire);
  });
  return { type: FLAGS, value: flags };
}

/** What SetConfigFromFlags was given for these flags; what is missing is ''. */
export function flagValues(specs: readonly FlagSpec[], argument: GobValue): FlagValues {
  const given = argument instanceof GobInterface ? (argument.value as GobStruct).Values : undefined;
  if (!(given instanceof Map)) throw new MachineError('PLUGIN_FAILED', 'SetConfigFromFlags: expected the values of flags');
  return Object.fromEntries(specs.map(({ name, type }) => [name, flagValue(name, type, given.get(name))]));
}

function flagValue(name: string, type: FlagSpec['type'], given: unknown): FlagValues[string] {
  const value: unknown = given instanceof GobInterface ? given.value : undefined;
  if (value === undefined || value === null) return type === 'bool' ? false : '';
  const fits = type === 'strings' ? Array.isArray(value) : typeof value === { string: 'string', int: 'number', bool: 'boolean' }[type];
  if (!fits) throw new MachineError('PLUGIN_FAILED', `SetConfigFromFlags: --${name}: expected a value of type ${type}`);
  return value as FlagValues[string];
}

const wrong = (message: string) => new MachineError('PLUGIN_FAILED', `GetCreateFlags: ${message}`);
