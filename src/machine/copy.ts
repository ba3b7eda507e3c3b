import { type CopyEnd, copyFiles } from '../ssh/copy/copy.ts';
import type { CopyListener, SshConnection } from '../ssh/index.ts';
import type { CopyBetween, CopyPlace } from './api.ts';
import type { MachinesHost } from './host.ts';
import { withNamedSsh } from './named-ssh.ts';

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
  const connection = await withNamedSsh(host, machine, (ssh) => ssh.connect(host.options.signal, user));
  open.push(connection);
  return { path, client: connection.client };
}
