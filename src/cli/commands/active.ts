import { active } from '../actions/active.ts';
import { MachineCommand } from '../machine-command.ts';

export default class Active extends MachineCommand {
  protected override readonly work = active;
}
