import { MachineError } from '../../core/errors.ts';
import { stringFlag } from '../../driver/flags.ts';
import { detectShell, dialectOf, hintLines, mergeNoProxy, noProxyVariable } from '../../shells/index.ts';
import { boolFlag } from '../arguments/cli-flag.ts';
import type { Action, Call } from '../call.ts';
import { withOneMachine } from '../pick-machines.ts';
import { checkedUrl } from './checked-url.ts';

/** Prints what a shell evaluates to talk to a machine's engine, or with --unset to forget it. */
export const env: Action = async (call) => {
  const { session, args } = call;
  const { platform, parentPid, invocation, words } = session.input;
  const unset = boolFlag(args.values, 'unset');
  if (unset && args.names.length > 0) throw new MachineError('USAGE', 'Error: Expected no machine name when the -u flag is present');
  const variables = unset ? unsetVariables(call) : await setVariables(call);
  const shell = stringFlag(args.values, 'shell') || (await detectShell(platform, session.runner, parentPid));
  const dialect = dialectOf(shell);
  const lines = variables.map(([name, value]) => (value === undefined ? dialect.unset(name) : dialect.set(name, value)));
  for (const line of [...lines, ...hintLines(dialect, [...invocation, ...words])]) session.print(line);
  return 0;
};

type Variable = readonly [name: string, value?: string];

async function setVariables({ session, args }: Call): Promise<Variable[]> {
  const { platform } = session.input;
  return withOneMachine(session, args.names, async (machine) => {
    const { url, dir } = await checkedUrl(session, machine, 'Error checking TLS connection: ');
    const variables: Variable[] = [
      ['DOCKER_TLS_VERIFY', '1'],
      ['DOCKER_HOST', url],
      ['DOCKER_CERT_PATH', dir],
      ['DOCKER_MACHINE_NAME', machine.name],
    ];
    if (platform.os === 'win32') variables.push(['COMPOSE_CONVERT_WINDOWS_PATHS', 'true']);
    if (boolFlag(args.values, 'no-proxy')) variables.push([noProxyVariable(platform.env), mergeNoProxy(platform.env, await machine.ip())]);
    return variables;
  });
}

function unsetVariables({ session, args }: Call): Variable[] {
  const names = ['DOCKER_TLS_VERIFY', 'DOCKER_HOST', 'DOCKER_CERT_PATH', 'DOCKER_MACHINE_NAME'];
  if (boolFlag(args.values, 'no-proxy')) names.push(noProxyVariable(session.input.platform.env));
  return names.map((name) => [name]);
}
