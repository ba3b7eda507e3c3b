import { MachineError } from '../../core/errors.ts';
import type { Call } from '../call.ts';
import { isExpected } from '../expected-error.ts';
import { MachineCommand } from '../machine-command.ts';

export default class DriverRm extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<undefined> {
    if (args.names.length === 0)
      throw new MachineError('USAGE', 'Error: Expected to get one or more names of installed drivers as arguments');
    const { removeDriver } = await import('../../plugins/installed/install.ts');
    const errors: string[] = [];
    for (const name of args.names) {
      try {
        await removeDriver(name, session.plugins);
        session.print(`Successfully removed driver ${name}`);
      } catch (error) {
        if (!isExpected(error)) throw error;
        errors.push(`Error removing driver ${JSON.stringify(name)}: ${error.message}`);
      }
    }
    if (errors.length > 0) throw new MachineError('REMOVE_FAILED', errors.join('\n'));
  }
}
