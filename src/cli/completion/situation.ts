import type { CliFlag } from '../arguments/cli-flag.ts';
import type { CommandSpec } from '../command-spec.ts';

/** What the word under the cursor may be, told from the words before it. */
export type Situation =
  | { readonly kind: 'command' }
  /** A command of a group such as `image`. */
  | { readonly kind: 'subcommand'; readonly group: string }
  | { readonly kind: 'flag'; readonly flags: readonly CliFlag[]; readonly given: ReadonlySet<string> }
  /** `prefix` is what of the word comes before the value: `--driver=`. */
  | { readonly kind: 'value'; readonly flag: CliFlag; readonly prefix: string }
  | { readonly kind: 'argument'; readonly spec: CommandSpec; readonly before: readonly string[] }
  | { readonly kind: 'nothing' };

export interface CommandLine {
  readonly situation: Situation;
  /** Values of the flags before the command, as far as they are given. */
  readonly globals: ReadonlyMap<string, string>;
}

export interface Grammar {
  readonly globalFlags: readonly CliFlag[];
  readonly commands: readonly CommandSpec[];
  /** Flags a command has besides its own: those of `create`'s driver. */
  moreFlags(spec: CommandSpec, words: readonly string[]): Promise<readonly CliFlag[]>;
}

interface Scan {
  /** Words that are neither flags nor their values; the first may be at `next`. */
  readonly names: string[];
  readonly given: Map<string, string>;
  /** A flag whose value is the next word. */
  readonly pending: CliFlag | undefined;
  /** `--` was there: no flag follows. */
  readonly isEnded: boolean;
  /** Where the scan stopped. */
  readonly next: number;
}

/** Reads the words before the cursor as the argument layer does, but forgives what it does not know. */
export async function readCommandLine(grammar: Grammar, words: readonly string[], current: string): Promise<CommandLine> {
  const leading = scan(grammar.globalFlags, words, true);
  const globals = leading.given;
  const word = words[leading.next];
  if (word === undefined) return { globals, situation: inFlags(grammar.globalFlags, leading, current) ?? { kind: 'command' } };
  return { globals, situation: await afterCommand(grammar, word, words.slice(leading.next + 1), current) };
}

async function afterCommand(grammar: Grammar, word: string, rest: readonly string[], current: string): Promise<Situation> {
  if (word === 'help' || word === 'h') return rest.length === 0 ? { kind: 'command' } : { kind: 'nothing' };
  const single = grammar.commands.find((spec) => spec.name === word);
  if (single) return inCommand(grammar, single, rest, current);
  const [inner, ...innerRest] = rest;
  const isGroup = grammar.commands.some((spec) => spec.name.startsWith(`${word} `));
  if (inner === undefined) return isGroup ? { kind: 'subcommand', group: word } : { kind: 'nothing' };
  const spec = grammar.commands.find((candidate) => candidate.name === `${word} ${inner}`);
  return spec ? inCommand(grammar, spec, innerRest, current) : { kind: 'nothing' };
}

async function inCommand(grammar: Grammar, spec: CommandSpec, words: readonly string[], current: string): Promise<Situation> {
  if (spec.raw) return { kind: 'argument', spec, before: words };
  const flags = [...spec.flags, ...(await grammar.moreFlags(spec, words))];
  const found = scan(flags, words, false);
  return inFlags(flags, found, current) ?? { kind: 'argument', spec, before: found.names };
}

/** The situation when the cursor is in a flag or its value. */
function inFlags(flags: readonly CliFlag[], found: Scan, current: string): Situation | undefined {
  if (found.pending) return { kind: 'value', flag: found.pending, prefix: '' };
  if (found.isEnded || !current.startsWith('-')) return undefined;
  const equals = current.indexOf('=');
  if (equals < 0) return { kind: 'flag', flags, given: new Set(found.given.keys()) };
  const flag = flagNamed(flags, current.slice(0, equals));
  return flag ? { kind: 'value', flag, prefix: current.slice(0, equals + 1) } : { kind: 'nothing' };
}

function scan(flags: readonly CliFlag[], words: readonly string[], isLeading: boolean): Scan {
  const names: string[] = [];
  const given = new Map<string, string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const isName = !word.startsWith('-') || word === '-';
    if (word === '--') {
      names.push(...words.slice(at + 1));
      return { names, given, pending: undefined, isEnded: true, next: at + 1 };
    }
    if (isName && isLeading) return { names, given, pending: undefined, isEnded: false, next: at };
    if (isName) {
      names.push(word);
      continue;
    }
    const [name = '', ...value] = word.split('=');
    const flag = flagNamed(flags, name);
    if (!flag) continue;
    const isPending = flag.type !== 'bool' && value.length === 0;
    if (isPending && at + 1 === words.length) return { names, given, pending: flag, isEnded: false, next: words.length };
    given.set(flag.name, isPending ? (words[at + 1] ?? '') : value.join('='));
    if (isPending) at += 1;
  }
  return { names, given, pending: undefined, isEnded: false, next: words.length };
}

function flagNamed(flags: readonly CliFlag[], word: string): CliFlag | undefined {
  const name = word.replace(/^--?/, '');
  return flags.find((flag) => flag.name === name || flag.short === name);
}
