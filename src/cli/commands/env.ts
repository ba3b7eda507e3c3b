import { env } from '../actions/env.ts';
import { MachineCommand } from '../machine-command.ts';

export default class Env extends MachineCommand {
  protected override readonly work = env;
}
