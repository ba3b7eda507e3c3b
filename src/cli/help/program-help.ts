import { COMMANDS, commandsNamed } from '../command-spec.ts';
import { GLOBAL_FLAGS, type GlobalOptions } from '../global-flags.ts';
import { tabwriter } from '../render/tabwriter.ts';
import { type ProgramInput, programName } from '../session.ts';
import { versionText } from '../version.ts';
import { HELP_TABS } from './command-help.ts';
import { flagLine } from './flag-line.ts';

const HELP_FLAG = { name: 'help', short: 'h', type: 'bool', help: 'show help' } as const;

/** The help of the whole program, in docker-machine's layout. */
export function programHelp(input: ProgramInput, globals: GlobalOptions): string {
  const program = programName(input);
  const shown = GLOBAL_FLAGS.map((flag) => (flag.name === 'storage-path' ? { ...flag, default: globals.storePath } : flag));
  const flags = [...shown.slice(0, -1), HELP_FLAG, ...shown.slice(-1)].map((flag) => `  ${flagLine(flag)}`);
  const lines = [
    `Usage: ${program} [OPTIONS] COMMAND [arg...]`,
    '',
    'Create and manage machines running Docker.',
    '',
    `Version: ${versionText()}`,
    '',
    'Options:',
    ...flags,
    '  ',
    'Commands:',
    ...COMMANDS.map((spec) => `  ${spec.name}\t${spec.summary}`),
    '  help\tShows a list of commands or help for one command',
    '  ',
    `Run '${program} COMMAND --help' for more information on a command.`,
  ];
  return tabwriter(lines, HELP_TABS).join('\n');
}

/** The commands of a group such as `image`. */
export function groupHelp(input: ProgramInput, group: string): string {
  const program = programName(input);
  const lines = [
    `Usage: ${program} ${group} COMMAND [arg...]`,
    '',
    'Commands:',
    ...commandsNamed(group).map((spec) => `  ${spec.name}\t${spec.summary}`),
    '  ',
    `Run '${program} ${group} COMMAND --help' for more information on a command.`,
  ];
  return tabwriter(lines, HELP_TABS).join('\n');
}
