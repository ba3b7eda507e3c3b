import { boolFlag } from '../arguments/cli-flag.ts';
import type { Call } from '../call.ts';
import { MachineCommand } from '../machine-command.ts';
import { withOneMachine } from '../pick-machines.ts';

/** Makes a Docker context of the machine's name, which then follows the machine; `--rm` removes it. */
export default class Context extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<number> {
    return withOneMachine(session, args.names, async (machine) => {
      if (boolFlag(args.values, 'rm')) {
        const removed = await machine.removeContext();
        session.print(removed ? `Removed the Docker context "${machine.name}"` : `Machine "${machine.name}" has no Docker context`);
        return 0;
      }
      const name = await machine.makeContext();
      session.print(`Docker context "${name}" is ${await machine.url()}`);
      session.print(`To use it, run: docker context use ${name}`);
      return 0;
    });
  }
}
