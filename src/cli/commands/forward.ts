import { MachineError } from '../../core/errors.ts';
import { stringFlag } from '../../driver/flags.ts';
import { parseForward } from '../../ssh/forwards/forward-spec.ts';
import { stringsFlag } from '../arguments/cli-flag.ts';
import type { Call } from '../call.ts';
import { MachineCommand } from '../machine-command.ts';
import { withOneMachine } from '../pick-machines.ts';

/** Leads ports and the engine's socket of a machine to this computer until Ctrl-C. */
export default class Forward extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<number> {
    const local = stringsFlag(args.values, 'local').map((text) => parseForward(text, '-L'));
    const socket = stringFlag(args.values, 'socket');
    const published = local.length === 0;
    return withOneMachine(session, args.names, async (machine) => {
      const state = await machine.state();
      if (state !== 'Running') throw new MachineError('NOT_RUNNING', `Error: Cannot forward ports: Host "${machine.name}" is not running`);
      const request = { local, published, bind: stringFlag(args.values, 'bind'), ...(socket === '' ? {} : { socket }) };
      session.print(`Forwarding ${published ? 'the published ports' : 'ports'} of "${machine.name}" until Ctrl-C`);
      await machine.forward(request, {
        opened: (place, target) => session.print(`${place} -> ${target}`),
        closed: (place) => session.print(`${place} closed`),
        trouble: (text) => session.warn(text),
      });
      return 0;
    });
  }
}
