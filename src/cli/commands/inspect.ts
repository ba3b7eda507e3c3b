import type { Call } from '../call.ts';
import { MachineCommand } from '../machine-command.ts';
import { withOneMachine } from '../pick-machines.ts';

export default class Inspect extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<number> {
    const config = await withOneMachine(session, args.names, (machine) => machine.inspect());
    session.print(JSON.stringify(config, undefined, 4));
    return 0;
  }
}
