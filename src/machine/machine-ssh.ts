import type { SshEndpoint } from '../driver/contract.ts';
import type { SshAccess } from '../ssh/index.ts';
import { runOverSsh } from '../ssh/index.ts';
import type { MachineSsh } from './api.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';

export function machineSsh(host: MachinesHost, entry: MachineEntry, endpoint: SshEndpoint): MachineSsh {
  return {
    endpoint,
    hostKeys: entry.record.hostKeys,
    run: (session) => runOverSsh(sshAccess(host, entry, endpoint), session),
  };
}

/** How to log in; a first contact is told and pinned for ever. */
export function sshAccess(host: MachinesHost, entry: MachineEntry, endpoint: SshEndpoint): SshAccess {
  return {
    endpoint,
    platform: host.options.platform,
    hostKeys: entry.record.hostKeys,
    async onFirstContact(hostKey, fingerprint) {
      host.options.log.warn(
        `First contact with ${endpoint.host}:${endpoint.port}: its SSH host key ${fingerprint} is trusted from now on.`,
      );
      await entry.update({ hostKeys: [hostKey] });
    },
  };
}
