import { status } from '../actions/status.ts';
import { MachineCommand } from '../machine-command.ts';

export default class Status extends MachineCommand {
  protected override readonly work = status;
}
