import { printableLine } from '../../core/printable.ts';
import { catalogue } from '../../plugins/catalogue.ts';
import { boolFlag } from '../arguments/cli-flag.ts';
import type { Call } from '../call.ts';
import { jsonText } from '../json/json-text.ts';
import { MachineCommand } from '../machine-command.ts';
import { refuseNames } from '../pick-machines.ts';
import { tabwriter } from '../render/tabwriter.ts';

const TABLE = { minWidth: 5, tabWidth: 1, padding: 3, pad: ' ' } as const;

export default class DriverLs extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<undefined> {
    refuseNames(args.names);
    const entries = await catalogue(session.input.platform, session.loadDriver);
    if (boolFlag(args.values, 'json')) {
      const known = entries.map((entry) => Object.fromEntries(Object.entries(entry).map(([key, value]) => [key, value ?? null])));
      session.print(jsonText(known));
      return;
    }
    const rows = entries.map(({ name, kind, version = '', source = '', error = '' }) =>
      [name, kind, version, source, error].map((text) => printableLine(text)),
    );
    for (const line of tabwriter(
      [['NAME', 'KIND', 'VERSION', 'SOURCE', 'ERRORS'], ...rows].map((row) => row.join('\t')),
      TABLE,
    ))
      session.print(line.trimEnd());
  }
}
