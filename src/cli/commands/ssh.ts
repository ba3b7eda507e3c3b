import { MachineError } from '../../core/errors.ts';
import type { Call } from '../call.ts';
import { localTerminal } from '../local-terminal.ts';
import { MachineCommand } from '../machine-command.ts';
import { withOneMachine } from '../pick-machines.ts';

/** A login shell on the machine, or one command whose streams pass untouched and whose exit code is ours; ssh's options before it. */
export default class Ssh extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<number> {
    const [name, ...words] = args.names;
    return withOneMachine(session, name === undefined ? [] : [name], async (machine) => {
      const state = await machine.state();
      if (state !== 'Running') {
        const hint =
          state === 'Stopped' ? { hint: `Start it with: ${[...session.input.invocation, 'start', machine.name].join(' ')}` } : {};
        throw new MachineError('NOT_RUNNING', `Error: Cannot run SSH command: Host "${machine.name}" is not running`, hint);
      }
      const ssh = await machine.ssh();
      if (!ssh) throw new MachineError('NO_SSH', `Error: Cannot run SSH command: driver "${machine.driverName}" has no SSH`);
      const { stdin, stdout, stderr, signal } = session.input;
      return ssh.client(words, { stdin, stdout, stderr, signal, terminal: localTerminal(session.input) });
    });
  }
}
