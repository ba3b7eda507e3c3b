import { nearest } from '../core/nearest.ts';
import { usageError } from './arguments/usage-error.ts';
import { COMMANDS, type CommandSpec, commandsNamed } from './command-spec.ts';

export interface FoundCommand {
  /** Undefined for a group (`image`) without one of its commands. */
  readonly spec: CommandSpec | undefined;
  /** The words after the command. */
  readonly words: readonly string[];
}

/** Throws USAGE for a word that is no command, with the nearest one. */
export function findCommand(program: string, word: string, rest: readonly string[]): FoundCommand {
  const candidates = commandsNamed(word);
  const single = candidates.find((spec) => spec.name === word);
  if (single) return { spec: single, words: rest };
  if (candidates.length === 0) {
    throw unknownCommand(
      program,
      word,
      COMMANDS.map((spec) => spec.name.split(' ')[0] ?? ''),
    );
  }
  const [inner, ...words] = rest;
  if (inner === undefined || inner === '-h' || inner === '--help' || inner === '-help') return { spec: undefined, words };
  const spec = candidates.find((candidate) => candidate.name === `${word} ${inner}`);
  if (spec) return { spec, words };
  throw unknownCommand(
    program,
    `${word} ${inner}`,
    candidates.map((candidate) => candidate.name),
  );
}

function unknownCommand(program: string, word: string, names: readonly string[]) {
  const near = nearest(word, names);
  return usageError(
    `${program}: '${word}' is not a ${program} command. See '${program} --help'.`,
    near && `Did you mean '${program} ${near}'?`,
  );
}
