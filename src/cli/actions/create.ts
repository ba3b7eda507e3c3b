import { MachineError } from '../../core/errors.ts';
import { hide } from '../../core/redaction.ts';
import { type FlagValues, stringFlag } from '../../driver/flags.ts';
import type { DriverDefinition } from '../../driver/index.ts';
import type { CreateRequest } from '../../machine/api.ts';
import type { SecretSource, SecretSources } from '../../store/secrets.ts';
import { boolFlag, stringsFlag } from '../arguments/cli-flag.ts';
import type { Action, Call } from '../call.ts';
import { engineKind } from '../engine-kind.ts';
import { stepProgress } from '../render/progress.ts';
import type { Session } from '../session.ts';
import { usageWithHelp } from '../usage-with-help.ts';

/** Makes a machine; with --dry-run says what would be made. */
export const create: Action = async (call) => {
  const { session } = call;
  const request = createRequest(call);
  const machines = await session.machines();
  if (boolFlag(call.args.values, 'dry-run')) {
    const lines = await machines.plan(request);
    session.print(`Nothing is made. To create ${JSON.stringify(request.name)} with driver ${request.driver.name}:`);
    for (const line of lines) session.print(`- ${line}`);
    return 0;
  }
  const progress = await stepProgress(session);
  session.log.redirectInfo(progress);
  try {
    await machines.create(request, progress);
  } finally {
    session.log.redirectInfo(undefined);
    await progress.close();
  }
  session.print(connectLine(session, request.name));
  return 0;
};

function createRequest(call: Call): CreateRequest {
  const { driver } = call;
  const { values, names } = call.args;
  const [name, ...extra] = names;
  if (extra.length > 0) throw new MachineError('USAGE', `Invalid command line. Found extra arguments [${extra.join(' ')}]`);
  if (name === undefined) throw usageWithHelp(call, 'Error: No machine name specified');
  if (!driver) throw new Error('create without a driver');
  const driverFlags: FlagValues = Object.fromEntries(
    driver.flags.filter((flag) => !flag.secret).map((flag) => [flag.name, values[flag.name] ?? '']),
  );
  const kind = engineKind(stringFlag(values, 'engine'));
  const engine = {
    opts: stringsFlag(values, 'engine-opt'),
    insecureRegistries: stringsFlag(values, 'engine-insecure-registry'),
    registryMirrors: stringsFlag(values, 'engine-registry-mirror'),
    labels: stringsFlag(values, 'engine-label'),
    storageDriver: stringFlag(values, 'engine-storage-driver'),
    env: stringsFlag(values, 'engine-env'),
    installUrl: stringFlag(values, 'engine-install-url'),
    version: stringFlag(values, 'engine-version'),
    ...(kind && { kind }),
  };
  const sshProxyJump = stringFlag(values, 'ssh-proxy-jump');
  return {
    name,
    driver,
    driverFlags,
    secrets: driverSecrets(driver, call),
    engine,
    tlsSan: stringsFlag(values, 'tls-san'),
    swarm: swarmOptions(values, call.session),
    context: boolFlag(values, 'context'),
    ...(sshProxyJump === '' ? {} : { sshProxyJump }),
  };
}

/** A secret of the command line is kept, one of the environment is known by the variable's name alone. */
function driverSecrets({ flags }: DriverDefinition, { args, session }: Call): SecretSources {
  const sources: Record<string, SecretSource> = {};
  for (const { name, secret, env } of flags) {
    const value = args.values[name];
    if (!secret || typeof value !== 'string' || value === '') continue;
    hide(value);
    if (args.given.has(name)) sources[name] = { value };
    else if (env !== undefined && session.input.platform.env[env] === value) sources[name] = { env };
  }
  return sources;
}

/** As docker-machine maps its flags. A discovery URL needs a scheme, as there. */
function swarmOptions(values: FlagValues, session: Session): NonNullable<CreateRequest['swarm']> {
  const [agent, master] = [boolFlag(values, 'swarm'), boolFlag(values, 'swarm-master')];
  const discovery = stringFlag(values, 'swarm-discovery');
  if (discovery !== '' && !/^[^:]*:\/\/.*/.test(discovery)) {
    throw new MachineError('USAGE', `Error parsing swarm discovery: Swarm Discovery URL was in the wrong format: ${discovery}`);
  }
  if (agent || master) session.warn('Classic Swarm is written to the configuration and not set up: its image is no longer published');
  return {
    IsSwarm: agent || master,
    Image: stringFlag(values, 'swarm-image'),
    Agent: agent,
    Master: master,
    Discovery: discovery,
    Address: stringFlag(values, 'swarm-addr'),
    Host: stringFlag(values, 'swarm-host'),
    Strategy: stringFlag(values, 'swarm-strategy'),
    ArbitraryFlags: [...stringsFlag(values, 'swarm-opt')],
    ArbitraryJoinFlags: [...stringsFlag(values, 'swarm-join-opt')],
    IsExperimental: boolFlag(values, 'swarm-experimental'),
  };
}

function connectLine(session: Session, name: string): string {
  const command = [...session.input.invocation, 'env', name].join(' ');
  return `To see how to connect your Docker Client to the Docker Engine running on this virtual machine, run: ${command}`;
}
