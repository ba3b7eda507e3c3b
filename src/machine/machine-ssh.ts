import type { Capabilities, SshEndpoint } from '../driver/contract.ts';
import type { Passphrases, SshAccess } from '../ssh/index.ts';
import { connectTo, placeOf, runOverSsh, sshClient } from '../ssh/index.ts';
import type { MachineSsh } from './api.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';

export function machineSsh(host: MachinesHost, entry: MachineEntry, endpoint: SshEndpoint, guest?: Capabilities['guest']): MachineSsh {
  return {
    endpoint,
    hostKeys: entry.record.hostKeys,
    run: (session) => runOverSsh(sshAccess(host, entry, endpoint, guest), session),
    client: (words, streams) => sshClient(sshAccess(host, entry, endpoint, guest), words, streams),
    connect: (signal, user = endpoint.user) => connectTo(sshAccess(host, entry, { ...endpoint, user }, guest), signal),
  };
}

const passphrases = new WeakMap<MachinesHost, Passphrases>();

/**
 * How to log in; a first contact is told and pinned for ever. The user's ssh_config, known_hosts, agent and jump hosts count for
 * machines that were not ours from birth.
 */
export function sshAccess(
  host: MachinesHost,
  entry: MachineEntry,
  endpoint: SshEndpoint,
  guest: Capabilities['guest'] = 'distribution',
): SshAccess {
  const { platform, log, runner, ask } = host.options;
  const { record } = entry;
  const remembered = passphrases.get(host) ?? new Map<string, string>();
  passphrases.set(host, remembered);
  const tell = (place: string, print: string, known: boolean) => {
    if (known) log.debug(`The SSH host key ${print} of ${place} is in known_hosts, and pinned from now on.`);
    else log.warn(`First contact with ${place}: its SSH host key ${print} is trusted from now on.`);
  };
  const pinned: SshAccess = {
    endpoint,
    platform,
    hostKeys: record.hostKeys,
    async onFirstContact(hostKey, print, known) {
      tell(placeOf(endpoint.host, endpoint.port), print, known);
      await entry.update({ hostKeys: [hostKey] });
    },
  };
  if (guest !== 'distribution') return pinned;
  return {
    ...pinned,
    runner,
    passphrases: remembered,
    jumpHostKeys: record.jumpHostKeys ?? {},
    async onJumpContact(place, hostKey, print, known) {
      tell(`jump host ${place}`, print, known);
      await entry.update({ jumpHostKeys: { ...entry.record.jumpHostKeys, [place]: [hostKey] } });
    },
    ...(record.sshProxyJump === undefined ? {} : { proxyJump: record.sshProxyJump }),
    ...(ask === undefined ? {} : { ask }),
  };
}
