import { isMachineError, MachineError } from '../../core/errors.ts';
import type { Machine } from '../../machine/api.ts';
import { storePaths } from '../../store/paths.ts';
import type { Session } from '../session.ts';
import { swarmUrl } from './swarm.ts';

/**
 * The engine's URL (with `swarm` that of the classic Swarm on its master) and the folder of its client certificates, after the
 * TLS check. Errors begin with `prefix`, as docker-machine's.
 */
export async function checkedUrl(
  session: Session,
  machine: Machine,
  prefix: string,
  swarm: boolean,
): Promise<{ url: string; dir: string }> {
  try {
    const engineUrl = await machine.url();
    await machine.checkTls();
    const url = swarm ? await checkedSwarmUrl(machine, engineUrl) : engineUrl;
    return { url, dir: storePaths(session.globals.storePath, session.input.platform.os).machine(machine.name).dir };
  } catch (error) {
    if (!isMachineError(error)) throw error;
    const options = { cause: error, exitCode: error.exitCode, ...(error.hint === undefined ? {} : { hint: error.hint }) };
    throw new MachineError(error.code, `${prefix}${error.message}`, options);
  }
}

async function checkedSwarmUrl(machine: Machine, engineUrl: string): Promise<string> {
  const url = swarmUrl(machine, engineUrl);
  if (url === undefined) {
    throw new MachineError(
      'NOT_A_SWARM_MASTER',
      `"${machine.name}" is not a swarm master. The --swarm flag is intended for use with swarm masters`,
    );
  }
  await machine.checkTls(url).catch((cause: unknown) => {
    const message = 'Connection to Swarm cannot be checked but the certs are valid. Maybe swarm is not started';
    throw new MachineError('SWARM_UNREACHABLE', message, { cause });
  });
  return url;
}
