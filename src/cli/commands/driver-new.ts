import { usageError } from '../arguments/usage-error.ts';
import type { Call } from '../call.ts';
import { MachineCommand } from '../machine-command.ts';

export default class DriverNew extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<undefined> {
    const [folder, ...extra] = args.names;
    if (folder === undefined || extra.length > 0) throw usageError('Expected one folder, which is made');
    const { newDriver } = await import('../../plugins/new-driver.ts');
    const files = await newDriver(folder);
    for (const file of files) session.print(file);
    session.print(`Next: cd ${folder} && npm install && npm test`);
  }
}
