import type { MachineError } from '../core/errors.ts';
import { usageError } from './arguments/usage-error.ts';
import type { Call } from './call.ts';
import { commandHelp } from './help/command-help.ts';

/** For a command without what it cannot do without: its help on stdout, as docker-machine, then this error. */
export function usageWithHelp({ session, spec, flags }: Call, message: string): MachineError {
  session.print(commandHelp(session.input, { ...spec, flags }));
  return usageError(message);
}
