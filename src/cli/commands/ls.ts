import { ls } from '../actions/ls.ts';
import { MachineCommand } from '../machine-command.ts';

export default class Ls extends MachineCommand {
  protected override readonly work = ls;
}
