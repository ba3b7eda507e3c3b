import { MachineError } from '../../core/errors.ts';
import { stringFlag } from '../../driver/flags.ts';
import { detectShell } from '../../shells/index.ts';
import { boolFlag } from '../arguments/cli-flag.ts';
import type { Action, Call } from '../call.ts';
import { withOneMachine } from '../pick-machines.ts';
import { checkedUrl } from './checked-url.ts';
import { type EngineFacts, engineVariables, environmentLines, forgottenVariables } from './env-lines.ts';

/** Prints what a shell evaluates to talk to a machine's engine, or with --unset to forget it. */
export const env: Action = async (call) => {
  const { session, args } = call;
  const { platform, parentPid, invocation, words } = session.input;
  const unset = boolFlag(args.values, 'unset');
  if (unset && args.names.length > 0) throw new MachineError('USAGE', 'Error: Expected no machine name when the -u flag is present');
  const noProxy = boolFlag(args.values, 'no-proxy');
  const variables = unset ? forgottenVariables(platform, noProxy) : engineVariables(platform, await engineFacts(call, noProxy));
  const shell = stringFlag(args.values, 'shell') || (await detectShell(platform, session.runner, parentPid));
  for (const line of environmentLines(shell, variables, [...invocation, ...words])) session.print(line);
  return 0;
};

function engineFacts({ session, args }: Call, noProxy: boolean): Promise<EngineFacts> {
  return withOneMachine(session, args.names, async (machine) => {
    const { url, dir } = await checkedUrl(session, machine, 'Error checking TLS connection: ', boolFlag(args.values, 'swarm'));
    return { name: machine.name, url, certPath: dir, ...(noProxy ? { noProxyAddress: await machine.ip() } : {}) };
  });
}
