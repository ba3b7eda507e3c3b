import { config } from '../actions/config.ts';
import { MachineCommand } from '../machine-command.ts';

export default class Config extends MachineCommand {
  protected override readonly work = config;
}
