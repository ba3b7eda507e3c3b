import { ip } from '../actions/ip.ts';
import { MachineCommand } from '../machine-command.ts';

export default class Ip extends MachineCommand {
  protected override readonly work = ip;
}
