import { isMachineError, MachineError } from '../../core/errors.ts';
import type { Machine } from '../../machine/api.ts';
import { storePaths } from '../../store/paths.ts';
import type { Session } from '../session.ts';

/** The engine's URL and the folder of its client certificates, after the TLS check. Errors begin with `prefix`, as docker-machine's. */
export async function checkedUrl(session: Session, machine: Machine, prefix: string): Promise<{ url: string; dir: string }> {
  try {
    const url = await machine.url();
    await machine.checkTls();
    return { url, dir: storePaths(session.globals.storePath, session.input.platform.os).machine(machine.name).dir };
  } catch (error) {
    if (!isMachineError(error)) throw error;
    const options = { cause: error, exitCode: error.exitCode, ...(error.hint === undefined ? {} : { hint: error.hint }) };
    throw new MachineError(error.code, `${prefix}${error.message}`, options);
  }
}
