import { create } from '../actions/create.ts';
import { MachineCommand } from '../machine-command.ts';

export default class Create extends MachineCommand {
  protected override readonly work = create;
}
