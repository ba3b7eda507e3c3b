import { inspect } from '../actions/inspect.ts';
import { MachineCommand } from '../machine-command.ts';

export default class Inspect extends MachineCommand {
  protected override readonly work = inspect;
}
