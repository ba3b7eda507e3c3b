import type { CommandSpec } from '../command-spec.ts';
import { tabwriter } from '../render/tabwriter.ts';
import { type ProgramInput, programName } from '../session.ts';
import { flagLine } from './flag-line.ts';

export const HELP_TABS = { minWidth: 0, tabWidth: 8, padding: 1, pad: '\t' } as const;

/** A command's help in docker-machine's layout; `create` has its flags sorted by their text. */
export function commandHelp(input: ProgramInput, spec: CommandSpec): string {
  const flags = spec.flags.filter((flag) => !flag.hidden).map(flagLine);
  if (spec.name === 'create') flags.sort();
  const lines = [`Usage: ${programName(input)} ${spec.name}${flags.length > 0 ? ' [OPTIONS]' : ''} [arg...]`, '', spec.summary];
  const description = spec.description?.replace('{program}', input.invocation.join(' '));
  if (description !== undefined) lines.push('', 'Description:', `   ${description}`);
  if (flags.length > 0) lines.push('', 'Options:', '   ', ...flags.map((flag) => `   ${flag}`));
  return tabwriter(lines, HELP_TABS).join('\n');
}
