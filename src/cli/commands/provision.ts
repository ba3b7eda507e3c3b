import { stringFlag } from '../../driver/flags.ts';
import { boolFlag } from '../arguments/cli-flag.ts';
import type { Call } from '../call.ts';
import { engineKind } from '../engine-kind.ts';
import { MachineCommand } from '../machine-command.ts';
import { withMachines } from '../pick-machines.ts';
import { linesAsSteps } from '../render/progress.ts';

export default class Provision extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<number> {
    const engine = engineKind(stringFlag(args.values, 'engine'));
    const options = { ...(engine && { engine }), agreed: boolFlag(args.values, 'yes') };
    await linesAsSteps(session, args.names, () => withMachines(session, args.names, (machine) => machine.provision(options)));
    return 0;
  }
}
