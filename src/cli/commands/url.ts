import { url } from '../actions/url.ts';
import { MachineCommand } from '../machine-command.ts';

export default class Url extends MachineCommand {
  protected override readonly work = url;
}
