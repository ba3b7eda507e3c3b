import type { SshEndpoint } from '../driver/contract.ts';
import type { EngineTarget } from './engine-client.ts';
import { engineAddress } from './engine-connection.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';

/**
 * The way to the engine of a machine behind jump hosts: over SSH, to the engine's port on the machine itself, since its address
 * means nothing here. Of other machines: nothing special.
 */
export async function withEnginePath<T>(
  host: MachinesHost,
  entry: MachineEntry,
  { endpoint, url }: { readonly endpoint: SshEndpoint | undefined; readonly url: string },
  signal: AbortSignal,
  work: (path: Pick<EngineTarget, 'dial'>) => Promise<T>,
): Promise<T> {
  if (entry.record.sshProxyJump === undefined || !endpoint) return work({});
  const { connectTo } = await import('../ssh/index.ts');
  const { openChannel } = await import('../ssh/forwards/channels.ts');
  const { sshAccess } = await import('./machine-ssh.ts');
  const { port } = engineAddress(url);
  const connection = await connectTo(sshAccess(host, entry, endpoint), signal);
  try {
    return await work({ dial: () => openChannel(connection.client, { host: '127.0.0.1', port }) });
  } finally {
    connection.close();
  }
}
