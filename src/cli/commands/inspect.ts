import { MachineError } from '../../core/errors.ts';
import { stringFlag } from '../../driver/flags.ts';
import type { Call } from '../call.ts';
import { compileTemplate, jsonFunctions, TemplateError } from '../go-template/index.ts';
import { MachineCommand } from '../machine-command.ts';
import { withOneMachine } from '../pick-machines.ts';
import { usageWithHelp } from '../usage-with-help.ts';

export default class Inspect extends MachineCommand {
  protected override async work(call: Call): Promise<undefined> {
    const { session, args } = call;
    if (args.names.length > 1) throw usageWithHelp(call, 'Error: Expected one machine name as an argument');
    const text = await withOneMachine(session, args.names, (machine) => machine.inspect());
    const format = stringFlag(args.values, 'format');
    if (format === '') {
      session.print(text);
      return;
    }
    try {
      session.print(compileTemplate(format, { functions: jsonFunctions })(JSON.parse(text)));
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      session.input.stdout.write(error.output);
      throw error.phase === 'parse' ? new MachineError(error.code, `template parsing error: ${error.message}`) : error;
    }
  }
}
