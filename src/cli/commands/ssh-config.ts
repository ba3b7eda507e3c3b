import { MachineError } from '../../core/errors.ts';
import type { Machine } from '../../machine/api.ts';
import type { Call } from '../call.ts';
import { MachineCommand } from '../machine-command.ts';
import { withMachines } from '../pick-machines.ts';
import type { Session } from '../session.ts';

/** Prints a block for ~/.ssh/config for each machine named, or for all that have SSH. */
export default class SshConfig extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<number> {
    const named = args.names.length > 0;
    const names = named ? args.names : await (await session.machines()).names();
    if (names.length === 0) return 0;
    const blocks = await withMachines(session, names, (machine) => (named ? block(session, machine) : blockIfAny(session, machine)));
    session.print(
      blocks
        .flatMap((text) => text ?? [])
        .join('\n')
        .trimEnd(),
    );
    return 0;
  }
}

async function block({ input }: Session, machine: Machine): Promise<string> {
  const ssh = await machine.ssh();
  if (!ssh) throw new MachineError('NO_SSH', `Error: driver "${machine.driverName}" of "${machine.name}" has no SSH`);
  return ssh.configBlock(input.signal);
}

/** A machine that has no SSH, or cannot be reached for its host key, is told and left out. */
async function blockIfAny(session: Session, machine: Machine): Promise<string | undefined> {
  try {
    return await (await machine.ssh())?.configBlock(session.input.signal);
  } catch (error) {
    session.input.signal.throwIfAborted();
    session.log.warn(`${machine.name} is left out: ${(error as Error).message}`);
    return undefined;
  }
}
