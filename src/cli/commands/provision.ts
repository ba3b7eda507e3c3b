import type { Call } from '../call.ts';
import { MachineCommand } from '../machine-command.ts';
import { withMachines } from '../pick-machines.ts';

export default class Provision extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<number> {
    await withMachines(session, args.names, (machine) => machine.provision());
    return 0;
  }
}
