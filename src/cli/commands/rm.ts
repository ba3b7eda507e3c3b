import { MachineError } from '../../core/errors.ts';
import { boolFlag } from '../arguments/cli-flag.ts';
import { askYesNo } from '../ask.ts';
import type { Call } from '../call.ts';
import { isExpected } from '../expected-error.ts';
import { MachineCommand } from '../machine-command.ts';
import { usageWithHelp } from '../usage-with-help.ts';

export default class Rm extends MachineCommand {
  protected override async work(call: Call): Promise<number> {
    const { session } = call;
    const { names, values } = call.args;
    const force = boolFlag(values, 'force');
    if (names.length === 0) throw usageWithHelp(call, 'Error: Expected to get one or more machine names as arguments');
    session.print(`About to remove ${names.join(', ')}`);
    session.print('WARNING: This action will delete both local reference and remote instance.');
    if (!force && !boolFlag(values, 'y') && !(await askYesNo(session.input, 'Are you sure? (y/n): '))) return 0;
    const machines = await session.machines();
    const errors: string[] = [];
    for (const name of new Set(names)) {
      try {
        if (!(await machines.exists(name))) await machines.load(name); // throws, saying that there is none
        await machines.remove(name, { force });
        session.print(`Successfully removed ${name}`);
      } catch (error) {
        session.input.signal.throwIfAborted();
        if (!isExpected(error)) throw error;
        errors.push(`Error removing host "${name}": ${error.message}`);
      }
    }
    if (errors.length > 0 && !force) throw new MachineError('REMOVE_FAILED', errors.join('\n'));
    for (const error of errors) session.warn(error);
    return 0;
  }
}
