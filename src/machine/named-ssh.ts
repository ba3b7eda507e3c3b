/** The SSH of a machine that a word of `scp` or `mount` names. */
import { isMachineError, MachineError } from '../core/errors.ts';
import type { MachineSsh } from './api.ts';
import { exists } from './exists.ts';
import type { MachinesHost } from './host.ts';
import { StoredMachine } from './machine.ts';
import { isPlainName, notFound } from './names.ts';

/** Throws MACHINE_NOT_FOUND and MACHINE_BROKEN in docker-machine's words, NO_SSH. */
export async function withNamedSsh<T>(host: MachinesHost, name: string, work: (ssh: MachineSsh) => Promise<T>): Promise<T> {
  const machine = await loadNamed(host, name);
  try {
    const ssh = await machine.ssh();
    if (!ssh) throw new MachineError('NO_SSH', `Machine ${JSON.stringify(name)}: driver ${JSON.stringify(machine.driverName)} has no SSH`);
    return await work(ssh);
  } finally {
    await machine.close();
  }
}

async function loadNamed(host: MachinesHost, name: string): Promise<StoredMachine> {
  try {
    if (!isPlainName(name) || !(await exists(host.paths.machine(name).dir))) throw notFound(name);
    return await StoredMachine.load(host, name);
  } catch (error) {
    if (!isMachineError(error)) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw new MachineError(error.code, `Error loading host: Error loading host: ${error.message}`, { cause: error, ...hint });
  }
}
