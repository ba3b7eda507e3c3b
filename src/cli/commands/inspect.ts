import { MachineError } from '../../core/errors.ts';
import { stringFlag } from '../../driver/flags.ts';
import type { Machine } from '../../machine/api.ts';
import { boolFlag } from '../arguments/cli-flag.ts';
import type { Call } from '../call.ts';
import { compileTemplate, jsonFunctions, TemplateError } from '../go-template/index.ts';
import { jsonText } from '../json/json-text.ts';
import { MachineCommand } from '../machine-command.ts';
import { withOneMachine } from '../pick-machines.ts';
import { usageWithHelp } from '../usage-with-help.ts';

export default class Inspect extends MachineCommand {
  protected override async work(call: Call): Promise<undefined> {
    const { session, args } = call;
    if (args.names.length > 1) throw usageWithHelp(call, 'Error: Expected one machine name as an argument');
    const extended = boolFlag(args.values, 'json');
    const text = await withOneMachine(session, args.names, (machine) => (extended ? withOwnPart(machine) : machine.inspect()));
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

/** config.json's text, value for value, and behind it what only tsmachine knows. */
async function withOwnPart(machine: Machine): Promise<string> {
  const own = jsonText({ ...machine.facts, certificates: await machine.certificates() }).replaceAll('\n', '\n    ');
  return (await machine.inspect()).replace(/\n}$/, () => `,\n    "tsmachine": ${own}\n}`);
}
