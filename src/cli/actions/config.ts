import { join } from 'node:path';
import { MachineError } from '../../core/errors.ts';
import { boolFlag } from '../arguments/cli-flag.ts';
import type { Action } from '../call.ts';
import { quote } from '../go-template/quote.ts';
import { withOneMachine } from '../pick-machines.ts';
import { checkedUrl } from './checked-url.ts';

/**
 * Options for the docker CLI, for use as `docker $(tsmachine config m) …`: the shell splits them at blanks, the docker CLI takes
 * the quotes off the paths.
 */
export const config: Action = async ({ session, args }) => {
  const swarm = boolFlag(args.values, 'swarm');
  const { url, dir } = await withOneMachine(session, args.names, (machine) =>
    checkedUrl(session, machine, 'Error running connection boilerplate: ', swarm),
  );
  refuseCode(dir);
  refuseCode(url);
  if (/\s/.test(dir) && session.input.platform.os !== 'win32')
    session.warn(`Warning: ${JSON.stringify(dir)} has a blank, at which most shells split these options: use env instead`);
  session.print('--tlsverify');
  session.print(`--tlscacert=${quote(join(dir, 'ca.pem'))}`);
  session.print(`--tlscert=${quote(join(dir, 'cert.pem'))}`);
  session.print(`--tlskey=${quote(join(dir, 'key.pem'))}`);
  session.print(`-H=${url}`);
  return 0;
};

/** The docker CLI undoes no escapes, so what a shell could evaluate inside double quotes cannot be written safely. */
function refuseCode(value: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (!/["$`\u0000-\u001f\u007f]/.test(value)) return;
  throw new MachineError('SHELL_CANNOT_CARRY', `config cannot write ${JSON.stringify(value)}: a shell could evaluate a part of it`, {
    hint: 'Use env, or a store path (--storage-path) of ordinary characters',
  });
}
