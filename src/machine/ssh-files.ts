/** What the computer's own ssh client is given of a machine, in files of the machine's folder. */
import { join } from 'node:path';
import { writeFileAtomic } from '../core/atomic-file.ts';
import { isMachineError } from '../core/errors.ts';
import { readSmallFile } from '../core/read-file.ts';
import { checkHostKey, clientFile, clientHost, hostBlock, knownHostsText, notedKeys, type SshAccess } from '../ssh/index.ts';
import type { MachineEntry } from './entry.ts';

/** A block for ~/.ssh/config. Pins the host key at first contact. */
export async function sshConfigBlock(entry: MachineEntry, access: SshAccess, signal: AbortSignal): Promise<string> {
  return hostBlock(await preparedHost(entry, access, signal));
}

/** The path of a file for `ssh -F`; the machine's name is the host in it. */
export async function sshConfigFile(entry: MachineEntry, access: SshAccess, signal: AbortSignal): Promise<string> {
  const path = join(entry.paths.dir, 'ssh_config');
  await writeFileAtomic(path, clientFile(await preparedHost(entry, access, signal)), 0o600);
  return path;
}

/** Pins what the client noted at a first contact that only it could make (through a ProxyCommand). */
export async function pinNotedKeys(entry: MachineEntry): Promise<void> {
  if (entry.record.hostKeys.length > 0) return;
  const text = await readSmallFile(knownHostsPath(entry), 1_000_000).catch(() => '');
  const hostKeys = notedKeys(entry.config.name, text.toString());
  if (hostKeys.length > 0) await entry.update({ hostKeys });
}

async function preparedHost(entry: MachineEntry, access: SshAccess, signal: AbortSignal) {
  const { name } = entry.config;
  if (access.hostKeys.length === 0) await firstContact(access, signal);
  const { hostKeys, jumpHostKeys } = entry.record;
  const pinned = { ...access, hostKeys, ...(jumpHostKeys === undefined ? {} : { jumpHostKeys }) };
  const path = knownHostsPath(entry);
  if (hostKeys.length > 0) await writeFileAtomic(path, knownHostsText(name, pinned), 0o600);
  return clientHost(pinned, name, path, signal);
}

async function firstContact(access: SshAccess, signal: AbortSignal): Promise<void> {
  try {
    await checkHostKey(access, signal);
  } catch (error) {
    if (!isMachineError(error) || error.code !== 'SSH_PROXY_COMMAND') throw error; // there only the client gets
  }
}

const knownHostsPath = (entry: MachineEntry) => join(entry.paths.dir, 'known_hosts');
