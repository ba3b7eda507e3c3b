import { MachineError } from '../core/errors.ts';
import type { Capabilities, SshEndpoint } from '../driver/contract.ts';
import type { ClientStreams, Passphrases, SshAccess } from '../ssh/index.ts';
import { connectTo, fingerprint, placeOf, runOverSsh, shownHostKeys, splitClientWords, sshClient } from '../ssh/index.ts';
import { type MachineRecord, readRecord } from '../store/record.ts';
import type { MachineSsh } from './api.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';
import { pinNotedKeys, sshConfigBlock, sshConfigFile } from './ssh-files.ts';

export function machineSsh(host: MachinesHost, entry: MachineEntry, endpoint: SshEndpoint, guest?: Capabilities['guest']): MachineSsh {
  return {
    endpoint,
    hostKeys: entry.record.hostKeys,
    run: (session) => runOverSsh(sshAccess(host, entry, endpoint, guest), session),
    client: (words, streams) => client(host, entry, sshAccess(host, entry, endpoint, guest), words, streams),
    configBlock: (signal) => sshConfigBlock(entry, sshAccess(host, entry, endpoint, guest), signal),
    configFile: (signal) => sshConfigFile(entry, sshAccess(host, entry, endpoint, guest), signal),
    shownHostKeys: (signal) => shownHostKeys(sshAccess(host, entry, endpoint, guest), signal),
    acceptHostKey: (print, signal) => acceptHostKey(entry, { ...sshAccess(host, entry, endpoint, guest), acceptedKey: print }, signal),
    connect: (signal, user = endpoint.user) => connectTo(sshAccess(host, entry, { ...endpoint, user }, guest), signal),
  };
}

/** The pin is changed when the machine, or a jump host on the way, has shown the key. */
async function acceptHostKey(entry: MachineEntry, access: SshAccess & { acceptedKey: string }, signal: AbortSignal): Promise<void> {
  const shown = await shownHostKeys(access, signal);
  const jumps = Object.values(entry.record.jumpHostKeys ?? {}).flat();
  const accepted = shown.find((key) => fingerprint(key) === access.acceptedKey);
  if (accepted !== undefined) await pin(entry, () => ({ hostKeys: [accepted] }));
  else if (!jumps.some((key) => fingerprint(key) === access.acceptedKey))
    throw new MachineError('SSH_HOST_KEY', `expected to be shown ${access.acceptedKey}, found ${shown.map(fingerprint).join(', ')}`);
}

/** The built-in client, or the computer's own with the same pinned keys. */
async function client(
  host: MachinesHost,
  entry: MachineEntry,
  access: SshAccess,
  words: readonly string[],
  streams: ClientStreams,
): Promise<number> {
  if (host.options.nativeSsh !== false) return sshClient(access, words, streams);
  const { runAttached } = await import('../host/attached.ts');
  const file = await sshConfigFile(entry, access, streams.signal);
  const { options, command } = splitClientWords(words);
  try {
    return await runAttached('ssh', ['-F', file, ...options, '--', entry.config.name, ...command], streams);
  } finally {
    await pinNotedKeys(entry);
  }
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
    acceptCommand: `host-key ${entry.config.name} --accept`,
    async onFirstContact(hostKey, print, known) {
      tell(placeOf(endpoint.host, endpoint.port || 22), print, known);
      await pin(entry, () => ({ hostKeys: [hostKey] }));
    },
    jumpHostKeys: record.jumpHostKeys ?? {},
    async onJumpContact(place, hostKey, print, known) {
      tell(`jump host ${place}`, print, known);
      await pin(entry, ({ jumpHostKeys }) => ({ jumpHostKeys: { ...jumpHostKeys, [place]: [hostKey] } }));
    },
  };
  if (guest !== 'distribution') return { ...pinned, emulated: guest === 'boot-image' };
  return {
    ...pinned,
    runner,
    passphrases: remembered,
    ...(record.sshProxyJump === undefined ? {} : { proxyJump: record.sshProxyJump }),
    ...(ask === undefined ? {} : { ask }),
  };
}

/** Changes what the record says now: `ssh` holds no lock, and another command may have written it since this one read it. */
async function pin(entry: MachineEntry, change: (record: MachineRecord) => Partial<MachineRecord>): Promise<void> {
  const record = (await readRecord(entry.paths.record)) ?? entry.record;
  await entry.replaceRecord({ ...record, ...change(record) });
}
