import { MachineError } from '../../core/errors.ts';
import { stringFlag } from '../../driver/flags.ts';
import type { Call } from '../call.ts';
import { compileTemplate, jsonFunctions, TemplateError } from '../go-template/index.ts';
import { MachineCommand } from '../machine-command.ts';
import { withOneMachine } from '../pick-machines.ts';

export default class Inspect extends MachineCommand {
  protected override async work({ session, args }: Call): Promise<undefined> {
    const config = await withOneMachine(session, args.names, (machine) => machine.inspect());
    const format = stringFlag(args.values, 'format');
    if (format === '') {
      session.print(JSON.stringify(config, undefined, 4));
      return;
    }
    try {
      session.print(compileTemplate(format, { functions: jsonFunctions })(config));
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      session.input.stdout.write(error.output);
      throw error.phase === 'parse' ? new MachineError(error.code, `template parsing error: ${error.message}`) : error;
    }
  }
}
