import { isMachineError, MachineError } from '../../core/errors.ts';
import { stringFlag } from '../../driver/flags.ts';
import type { Machine } from '../../machine/api.ts';
import { boolFlag } from '../arguments/cli-flag.ts';
import type { Action } from '../call.ts';
import { DEFAULT_NAME, withOneMachine } from '../pick-machines.ts';
import type { Session } from '../session.ts';

export const inspect: Action = async (call) => {
  const { session, args } = call;
  if (args.names.length > 1) {
    const { usageWithHelp } = await import('../usage-with-help.ts');
    throw usageWithHelp(call, 'Error: Expected one machine name as an argument');
  }
  const extended = boolFlag(args.values, 'json');
  const told = withOneMachine(session, args.names, (machine) => (extended ? withOwnPart(machine) : machine.inspect()));
  const text = await told.catch(async (error: unknown) => {
    if (!isMachineError(error) || error.code !== 'DRIVER_NOT_FOUND') throw error;
    return (await session.machines()).storedConfig(args.names[0] ?? DEFAULT_NAME);
  });
  const format = stringFlag(args.values, 'format');
  if (format === '') session.print(text);
  else await printFormatted(session, format, text);
  return 0;
};

async function printFormatted(session: Session, format: string, text: string): Promise<void> {
  const { compileTemplate, jsonFunctions, TemplateError } = await import('../go-template/index.ts');
  try {
    session.print(compileTemplate(format, { functions: jsonFunctions })(JSON.parse(text)));
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    session.input.out.write(error.output);
    throw error.phase === 'parse' ? new MachineError(error.code, `template parsing error: ${error.message}`) : error;
  }
}

/** config.json's text, value for value, and behind it what only tsmachine knows. */
async function withOwnPart(machine: Machine): Promise<string> {
  const { jsonText } = await import('../json/json-text.ts');
  const own = jsonText({ ...machine.facts, certificates: await machine.certificates() }).replaceAll('\n', '\n    ');
  return (await machine.inspect()).replace(/\n}$/, () => `,\n    "tsmachine": ${own}\n}`);
}
