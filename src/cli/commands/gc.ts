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

export default class Gc extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<number> {
    refuseNames(args.names);
    const [json, yes, dryRun] = ['json', 'yes', 'dry-run'].map((flag) => boolFlag(args.values, flag));
    const orphans = await (await session.machines()).orphans();
    const list = orphans.map(({ kind, name, reason }) => ({ kind, name, reason }));
    if (json && (dryRun || !yes)) session.print(JSON.stringify(list, undefined, 2));
    else if (!json && orphans.length === 0) session.print('Nothing is left over');
    else if (!json) for (const line of table(list)) session.print(line);
    if (dryRun || orphans.length === 0 || (json && !yes)) return 0;
    if (!yes && !(await askYesNo(session.input, 'Remove them? (y/n): '))) return 0;
    const results: object[] = [];
    const errors: string[] = [];
    for (const orphan of orphans) {
      const result = await remove(session, orphan);
      results.push({ kind: orphan.kind, name: orphan.name, reason: orphan.reason, ...result });
      if (result.error !== undefined) errors.push(`Error removing ${orphan.kind} ${printableLine(orphan.name)}: ${result.error}`);
      else if (!json) session.print(`Successfully removed ${orphan.kind} ${printableLine(orphan.name)}`);
    }
    if (json) session.print(JSON.stringify(results, undefined, 2));
    if (errors.length > 0) throw new MachineError('GC_FAILED', errors.join('\n'));
    return 0;
  }
}

async function remove(session: Session, orphan: Orphan): Promise<{ removed: boolean; error?: string }> {
  try {
    if (await orphan.remove()) return { removed: true };
    return { removed: false, error: 'another command works on its machine' };
  } catch (error) {
    session.input.signal.throwIfAborted();
    if (!isExpected(error)) throw error;
    return { removed: false, error: messageOf(error) };
  }
}

function table(list: readonly Pick<Orphan, 'kind' | 'name' | 'reason'>[]): string[] {
  const rows = list.map(({ kind, name, reason }) => [kind, printableLine(name), printableLine(reason)].join('\t'));
  return tabwriter([['KIND', 'NAME', 'WHY'].join('\t'), ...rows], TABLE);
}
