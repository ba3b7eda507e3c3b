import { isMachineError, MachineError } from '../core/errors.ts';
import { type CopyEnd, copyFiles } from '../ssh/copy/copy.ts';
import type { CopyListener, SshConnection } from '../ssh/index.ts';
import type { CopyBetween, CopyPlace } from './api.ts';
import { exists } from './exists.ts';
import type { MachinesHost } from './host.ts';
import { StoredMachine } from './machine.ts';
import { isPlainName, notFound } from './names.ts';

/** See `Machines.copy`. */
export async function copyBetween(host: MachinesHost, request: CopyBetween, listener: CopyListener): Promise<number> {
  const { from, to, recursive } = request;
  const open: SshConnection[] = [];
  const stop = () => {
    for (const { client } of open) client.destroy();
  };
  const { signal, platform } = host.options;
  signal.addEventListener('abort', stop, { once: true });
  try {
    const source = await endOf(host, from, open);
    const same = from.machine === to.machine && from.user === to.user;
    const target = same ? { ...source, path: to.path } : await endOf(host, to, open);
    return await copyFiles({ from: source, to: target, recursive, os: platform.os }, listener);
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
    for (const connection of open) connection.close();
  }
}

async function endOf(host: MachinesHost, { machine, user, path }: CopyPlace, open: SshConnection[]): Promise<CopyEnd> {
  if (machine === undefined) return { path };
  const connection = await connectTo(host, machine, user);
  open.push(connection);
  return { path, client: connection.client };
}

async function connectTo(host: MachinesHost, name: string, user: string | undefined): Promise<SshConnection> {
  const machine = await loadNamed(host, name);
  try {
    const ssh = await machine.ssh();
    if (!ssh) throw new MachineError('NO_SSH', `Machine ${JSON.stringify(name)}: driver ${JSON.stringify(machine.driverName)} has no SSH`);
    return await ssh.connect(host.options.signal, user);
  } finally {
    await machine.close();
  }
}

/** Errors are docker-machine's. */
export async function loadNamed(host: MachinesHost, name: string): Promise<StoredMachine> {
  try {
    if (!isPlainName(name) || !(await exists(host.paths.machine(name).dir))) throw notFound(name);
    return await StoredMachine.load(host, name);
  } catch (error) {
    if (!isMachineError(error)) throw error;
    const hint = error.hint === undefined ? {} : { hint: error.hint };
    throw new MachineError(error.code, `Error loading host: Error loading host: ${error.message}`, { cause: error, ...hint });
  }
}
