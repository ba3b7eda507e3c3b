import { completion } from '../completion/action.ts';
import { MachineCommand } from '../machine-command.ts';

export default class Completion extends MachineCommand {
  protected override readonly work = completion;
}
