import { MachineError } from '../../core/errors.ts';
import type { CopyPlace } from '../../machine/api.ts';
import { boolFlag } from '../arguments/cli-flag.ts';
import type { Call } from '../call.ts';
import { copyPlace } from '../copy-place.ts';
import { MachineCommand } from '../machine-command.ts';
import { copyProgress } from '../render/copy-progress.ts';
import { usageWithHelp } from '../usage-with-help.ts';

/** Copies files to, from and between machines. */
export default class Scp extends MachineCommand {
  protected override async work(call: Call): Promise<number> {
    const { session, args } = call;
    const [from, to, ...more] = args.names.map((word) => copyPlace(word, session.input.platform.os));
    if (from === undefined || to === undefined || more.length > 0) throw usageWithHelp(call, 'Improper number of arguments');
    refuseEmpty(from, to);
    const machines = await session.machines();
    const quiet = boolFlag(args.values, 'quiet');
    const recursive = boolFlag(args.values, 'recursive');
    const tool = boolFlag(args.values, 'delta') ? 'rsync' : session.globals.nativeSsh ? undefined : 'scp';
    if (tool) {
      await machines.copyWith(tool, { from, to, recursive, quiet }, session.input);
      return 0;
    }
    const progress = copyProgress(session.input.stderr, quiet);
    try {
      const problems = await machines.copy({ from, to, recursive }, progress);
      return problems === 0 ? 0 : 1;
    } finally {
      progress.end();
    }
  }
}

function refuseEmpty(...places: readonly CopyPlace[]): void {
  if (places.some(({ path, machine }) => path === '' && machine === undefined))
    throw new MachineError('USAGE', 'Error: Expected a path, found an empty word');
}
