import type { CliFlag } from '../arguments/cli-flag.ts';
import { dashed } from '../arguments/usage-error.ts';
import type { CommandSpec } from '../command-spec.ts';
import type { Situation } from './situation.ts';

export interface Candidate {
  /** The whole word. */
  readonly value: string;
  readonly description: string;
}

/** Words to choose from, or what of the file system the shell should offer. */
export type Answer = readonly Candidate[] | 'file' | 'directory';

/** What only the computer knows. */
export interface Sources {
  drivers(): readonly Candidate[] | Promise<readonly Candidate[]>;
  /** Names of those that `driver install` brought. */
  installedDrivers(): Promise<readonly string[]>;
  /** Names of the store's machines. */
  machines(): Promise<readonly string[]>;
}

/** Values of `env --shell`, and of `completion`. */
const ENV_SHELLS = ['bash', 'cmd', 'emacs', 'fish', 'powershell', 'sh', 'tcsh', 'zsh'];
const FILTERS = ['driver=', 'label=', 'name=', 'state=', 'swarm='];
const DIRECTORIES = new Set(['storage-path', 'output']);
const FILE_FLAG = /(?:^|-)(?:path|key|cert|file|image|disk)$/;
/** Store entries with other names are not ours, and no shell shall read them as code. */
const MACHINE_NAME = /^[a-zA-Z0-9][a-zA-Z0-9.-]*$/;

const HELP: CliFlag = { name: 'help', short: 'h', type: 'bool', help: 'show help' };

const words = (values: readonly string[], prefix = ''): Candidate[] => values.map((value) => ({ value: prefix + value, description: '' }));

/** What may stand in place of `current`; only what begins with it. */
export async function candidatesFor(
  situation: Situation,
  current: string,
  commands: readonly CommandSpec[],
  sources: Sources,
): Promise<Answer> {
  const answer = await all(situation, current, commands, sources);
  return typeof answer === 'string' ? answer : answer.filter(({ value }) => value.startsWith(current));
}

async function all(situation: Situation, current: string, commands: readonly CommandSpec[], sources: Sources): Promise<Answer> {
  switch (situation.kind) {
    case 'command':
      return commandWords(commands);
    case 'subcommand':
      return subcommandWords(commands, situation.group);
    case 'flag':
      return flagWords([...situation.flags, HELP], situation.given, current);
    case 'value':
      return valueWords(situation.flag, situation.prefix, sources);
    case 'argument':
      return argumentWords(situation.spec, situation.before, sources);
    case 'nothing':
      return [];
  }
}

function commandWords(commands: readonly CommandSpec[]): Candidate[] {
  const byWord = new Map<string, string>();
  for (const { name, summary } of commands) {
    const [word = name, inner] = name.split(' ');
    if (inner === undefined) byWord.set(word, summary);
    else if (!byWord.has(word)) byWord.set(word, `${subcommandWords(commands, word).length} commands`);
  }
  byWord.set('help', 'Shows a list of commands or help for one command');
  return [...byWord].map(([value, description]) => ({ value, description }));
}

function subcommandWords(commands: readonly CommandSpec[], group: string): Candidate[] {
  return commands
    .filter(({ name }) => name.startsWith(`${group} `))
    .map(({ name, summary }) => ({ value: name.slice(group.length + 1), description: summary }));
}

/** In the form that was begun: `--name`, `-name`, or after a lone dash also the letters. */
function flagWords(flags: readonly CliFlag[], given: ReadonlySet<string>, current: string): Candidate[] {
  return flags
    .filter((flag) => !flag.hidden && (flag.type === 'strings' || !given.has(flag.name)))
    .flatMap((flag) => {
      const isSingleDash = current.length > 1 && !current.startsWith('--');
      const forms = isSingleDash ? [`-${flag.name}`] : [dashed(flag.name)];
      if (flag.short !== undefined && !current.startsWith('--')) forms.push(`-${flag.short}`);
      return forms.map((value) => ({ value, description: flag.help }));
    });
}

async function valueWords(flag: CliFlag, prefix: string, sources: Sources): Promise<Answer> {
  if (flag.type === 'bool') return words(['true', 'false'], prefix);
  if (flag.name === 'driver') return (await sources.drivers()).map((driver) => ({ ...driver, value: prefix + driver.value }));
  if (flag.name === 'shell') return words(ENV_SHELLS, prefix);
  if (flag.name === 'filter') return words(FILTERS, prefix);
  if (DIRECTORIES.has(flag.name)) return 'directory';
  return FILE_FLAG.test(flag.name) ? 'file' : [];
}

async function argumentWords(spec: CommandSpec, before: readonly string[], sources: Sources): Promise<Answer> {
  if (spec.argument === undefined) return [];
  if (spec.argument !== 'machines' && spec.argument !== 'drivers' && before.length > 0) return [];
  if (spec.argument === 'path') return 'file';
  if (spec.argument === 'drivers') return words((await sources.installedDrivers()).filter((name) => !before.includes(name)));
  if (typeof spec.argument !== 'string') return words(spec.argument);
  const names = (await sources.machines()).filter((name) => MACHINE_NAME.test(name));
  return words(names.filter((name) => !before.includes(name)));
}
