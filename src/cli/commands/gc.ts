import { MachineError, messageOf } from '../../core/errors.ts';
import { printableLine } from '../../core/printable.ts';
import type { Orphan } from '../../machine/api.ts';
import { boolFlag } from '../arguments/cli-flag.ts';
import { askYesNo } from '../ask.ts';
import type { Call } from '../call.ts';
import { isExpected } from '../expected-error.ts';
import { MachineCommand } from '../machine-command.ts';
import { refuseNames } from '../pick-machines.ts';
import { tabwriter } from '../render/tabwriter.ts';
import type { Session } from '../session.ts';

const TABLE = { minWidth: 5, tabWidth: 1, padding: 3, pad: ' ' } as const;

/** An orphan as `--json` shows it. */
interface Outcome extends Pick<Orphan, 'kind' | 'name' | 'reason'> {
  readonly removed?: boolean;
  readonly error?: string;
}

export default class Gc extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<number> {
    refuseNames(args.names);
    const [json, yes, dryRun] = ['json', 'yes', 'dry-run'].map((flag) => boolFlag(args.values, flag));
    const orphans = await (await session.machines()).orphans();
    let outcomes: Outcome[] = orphans.map(({ kind, name, reason }) => ({ kind, name, reason }));
    if (!json && outcomes.length === 0) session.print('Nothing is left over');
    else if (!json) for (const line of table(outcomes)) session.print(line);
    const asked = !yes && !dryRun && !json && outcomes.length > 0;
    const agreed = asked ? await askYesNo(session.input, 'Remove them? (y/n): ') : yes && !dryRun;
    if (agreed) {
      outcomes = [];
      for (const orphan of orphans) outcomes.push(await removed(session, orphan, !json));
    }
    if (json) session.print(JSON.stringify(outcomes, undefined, 2));
    const errors = outcomes.flatMap(({ kind, name, error }) =>
      error === undefined ? [] : [`Error removing ${kind} ${printableLine(name)}: ${error}`],
    );
    if (errors.length > 0) throw new MachineError('GC_FAILED', errors.join('\n'));
    return 0;
  }
}

async function removed(session: Session, orphan: Orphan, told: boolean): Promise<Outcome> {
  const { kind, name, reason } = orphan;
  try {
    if (!(await orphan.remove())) return { kind, name, reason, removed: false, error: 'another command works on its machine' };
    if (told) session.print(`Successfully removed ${kind} ${printableLine(name)}`);
    return { kind, name, reason, removed: true };
  } catch (error) {
    session.input.signal.throwIfAborted();
    if (!isExpected(error)) throw error;
    return { kind, name, reason, removed: false, error: messageOf(error) };
  }
}

function table(list: readonly Pick<Orphan, 'kind' | 'name' | 'reason'>[]): string[] {
  const rows = list.map(({ kind, name, reason }) => [kind, printableLine(name), printableLine(reason)].join('\t'));
  return tabwriter([['KIND', 'NAME', 'WHY'].join('\t'), ...rows], TABLE);
}
