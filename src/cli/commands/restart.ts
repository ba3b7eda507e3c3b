import { boolFlag } from '../arguments/cli-flag.ts';
import type { Call } from '../call.ts';
import { MachineCommand } from '../machine-command.ts';
import { withMachines } from '../pick-machines.ts';
import { linesAsSteps } from '../render/progress.ts';

export default class Restart extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<number> {
    await linesAsSteps(session, args.names, () =>
      withMachines(session, args.names, (machine) => machine.restart({ yes: boolFlag(args.values, 'yes') })),
    );
    const { invocation } = session.input;
    session.print(
      `Restarted machines may have new IP addresses. You may need to re-run the \`${[...invocation, 'env'].join(' ')}\` command.`,
    );
    return 0;
  }
}
