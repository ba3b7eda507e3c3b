import { isMachineError } from '../core/errors.ts';
import { canonicalWords } from './arguments/canonical.ts';
import type { ParsedArguments } from './arguments/cli-flag.ts';
import { parseFlags, parseLeadingFlags } from './arguments/parse-flags.ts';
import type { Action, Call } from './call.ts';
import { COMMAND_CLASSES, HOT_ACTIONS } from './command-map.ts';
import type { CommandSpec } from './command-spec.ts';
import { consoleLogger } from './console-logger.ts';
import { findCommand } from './find-command.ts';
import { DEBUG_ANYWHERE, GLOBAL_FLAGS, type GlobalOptions, globalOptions, saysDebug } from './global-flags.ts';
import { stoppable } from './interrupt.ts';
import { calledAs } from './render/called-as.ts';
import { emphasised } from './render/emphasis.ts';
import { errorText } from './render/errors.ts';
import { openSession, type ProgramInput, programName, type Session } from './session.ts';
import { versionText } from './version.ts';

/** Under this name the program is a plugin of docker-machine. */
const PLUGIN = 'docker-machine-driver-tsmachine';

/** Runs the program; resolves to its exit code and never rejects. */
export async function runProgram(input: ProgramInput): Promise<number> {
  try {
    return await dispatch(input);
  } catch (error) {
    const stopped = input.signal.aborted && isMachineError(input.signal.reason) ? input.signal.reason : undefined;
    const text = errorText(stopped ?? error, saysDebug(input.words));
    input.err.write(`${await emphasised(calledAs(programName(input), text), input)}\n`);
    return (stopped ?? (isMachineError(error) ? error : undefined))?.exitCode ?? 1;
  }
}

async function dispatch(input: ProgramInput): Promise<number> {
  const leading = parseLeadingFlags(GLOBAL_FLAGS, input.words, input.platform.env);
  if (leading.values.version === true) return say(input, `${programName(input)} version ${versionText()}`);
  const [word, ...words] = leading.names;
  if (word === undefined && programName(input) === PLUGIN) return (await import('./serve-plugin.ts')).servePlugin(input);
  if (leading.help || word === undefined || word === 'help' || word === 'h') return help(input, leading, words);
  const found = findCommand(programName(input), word, words);
  if (found.spec === undefined) return help(input, leading, [word]);
  const debug = !found.spec.raw && saysDebug(found.words);
  return runCommand(input, globalOptions(leading.values, debug, input.platform), found.spec, found.words);
}

async function runCommand(input: ProgramInput, globals: GlobalOptions, spec: CommandSpec, words: readonly string[]): Promise<number> {
  const session = sessionFor(input, globals, spec);
  try {
    return await runIn(session, spec, words);
  } finally {
    await session.end();
  }
}

async function runIn(session: Session, spec: CommandSpec, words: readonly string[]): Promise<number> {
  const { input, globals } = session;
  const create = spec.name === 'create' ? await (await import('./create-driver.ts')).driverForCreate(session, words) : undefined;
  const flags = [...spec.flags, ...(create?.driver?.flags ?? []), DEBUG_ANYWHERE];
  const args = spec.raw ? rawArguments(words) : parseFlags(flags, words, input.platform.env);
  if (args.help) return say(input, (await import('./help/command-help.ts')).commandHelp(input, { ...spec, flags }));
  const call: Call = { session, spec, flags, args, ...(create ?? {}) };
  const hot = globals.debug ? undefined : HOT_ACTIONS[spec.name];
  const work = hot ? runHot(hot, call) : runClass(call);
  // create undoes what it made, however long that takes; nothing else is worth waiting for
  return spec.name === 'create' ? work : stoppable(work, input.signal);
}

async function runHot(load: () => Promise<Action>, call: Call): Promise<number> {
  return (await (await load())(call)) ?? 0;
}

async function runClass(call: Call): Promise<number> {
  const { spec, flags, args } = call;
  const load = COMMAND_CLASSES[spec.name];
  if (!load) throw new Error(`no class for command ${spec.name}`);
  return (await load()).default.execute(canonicalWords(flags, args.values, args.names), call);
}

function rawArguments(words: readonly string[]): ParsedArguments {
  const help = ['-h', '-help', '--help'].includes(words[0] ?? '');
  return { values: {}, given: new Set(), names: words, help };
}

/** `env` and `config` keep stdout for what a shell evaluates. */
function sessionFor(input: ProgramInput, globals: GlobalOptions, spec: CommandSpec): Session {
  const info = () => (spec.name === 'env' || spec.name === 'config' ? input.err : input.out);
  const started = input.clock.now();
  const log = consoleLogger({
    program: () => programName(input),
    info,
    warnings: () => input.err,
    debug: globals.debug,
    elapsed: () => input.clock.now() - started,
  });
  return openSession(input, globals, log);
}

async function help(input: ProgramInput, leading: ParsedArguments, words: readonly string[]): Promise<number> {
  const [word, ...rest] = words;
  if (leading.help || word === undefined) {
    const globals = globalOptions(leading.values, false, input.platform);
    return say(input, (await import('./help/program-help.ts')).programHelp(input, globals));
  }
  if (['help', 'h', '--help', '-h', '-help'].includes(word)) return say(input, HELP_OF_HELP.replace('{program}', programName(input)));
  const { spec } = findCommand(programName(input), word, rest);
  if (spec === undefined) return say(input, (await import('./help/program-help.ts')).groupHelp(input, word));
  return say(input, (await import('./help/command-help.ts')).commandHelp(input, spec));
}

const HELP_OF_HELP = 'Usage: {program} help [arg...]\n\nShows a list of commands or help for one command';

function say(input: ProgramInput, text: string): number {
  input.out.write(`${text}\n`);
  return 0;
}
