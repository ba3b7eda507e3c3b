import type { Call } from '../call.ts';
import { MachineCommand } from '../machine-command.ts';
import { withOneMachine } from '../pick-machines.ts';
import { programName } from '../session.ts';
import { versionText } from '../version.ts';

export default class Version extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<number> {
    if (args.names.length === 0) {
      session.print(`${programName(session.input)} version ${versionText()}`);
      return 0;
    }
    session.print(await withOneMachine(session, args.names, (machine) => machine.engineVersion()));
    return 0;
  }
}
