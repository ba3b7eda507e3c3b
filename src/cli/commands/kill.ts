import type { Call } from '../call.ts';
import { MachineCommand } from '../machine-command.ts';
import { withMachines } from '../pick-machines.ts';
import { linesAsSteps } from '../render/progress.ts';

export default class Kill extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<number> {
    await linesAsSteps(session, args.names, () => withMachines(session, args.names, (machine) => machine.kill()));
    return 0;
  }
}
