import type { Call } from '../call.ts';
import { MachineCommand } from '../machine-command.ts';
import { withMachines } from '../pick-machines.ts';

export default class Kill extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<number> {
    await withMachines(session, args.names, (machine) => machine.kill());
    return 0;
  }
}
