import { MachineError } from '../core/errors.ts';
import { placeOf } from './destination.ts';
import { fingerprint } from './key-format.ts';
import { type KnownKeys, knownKeys } from './known-hosts.ts';

/** Which keys a server may show. */
export interface HostKeyPolicy {
  /** Kinds of keys to ask the server for, best first; empty: any. */
  readonly kinds: readonly string[];
  /** Resolves when the key is the server's; throws `SSH_HOST_KEY`. */
  accept(shown: string): Promise<void>;
}

export interface HostKeySources {
  readonly host: string;
  readonly port: number;
  /** Pinned keys, OpenSSH public key lines. They are stronger than anything else. */
  readonly pinned: readonly string[];
  /** The user's known_hosts files, and the name to look for there. */
  readonly knownHostsFiles: readonly string[];
  readonly hostKeyAlias: string;
  /** Told a key that nothing pinned so far; it is waited for before anything is sent. */
  readonly onFirstContact: FirstContact;
  /** Fingerprint of a key that the user accepts instead of the pinned ones. */
  readonly acceptedKey?: string | undefined;
  /** The command that accepts another key, when its fingerprint follows. */
  readonly acceptCommand?: string | undefined;
}

/** `known`: the user's known_hosts vouches for it. */
export type FirstContact = (hostKey: string, fingerprint: string, known: boolean) => Promise<void>;

export async function hostKeyPolicy(sources: HostKeySources): Promise<HostKeyPolicy> {
  const { host, port, pinned, hostKeyAlias, knownHostsFiles } = sources;
  if (sources.acceptedKey !== undefined) return { kinds: [], accept: (shown) => acceptNamed(sources, shown) };
  if (pinned.length > 0) return { kinds: kindsOf(pinned), accept: async (shown) => refuseOther(sources, pinned, shown) };
  const known = await (hostKeyAlias ? knownKeys(knownHostsFiles, hostKeyAlias, 22) : knownKeys(knownHostsFiles, host, port));
  return { kinds: kindsOf(known.keys), accept: (shown) => acceptFirst(sources, known, shown) };
}

async function acceptFirst(sources: HostKeySources, { keys, revoked }: KnownKeys, shown: string): Promise<void> {
  if (revoked.includes(shown))
    throw hostKeyError(
      `${placeOf(sources.host, sources.port)} shows the SSH host key ${fingerprint(shown)}, which known_hosts has revoked`,
    );
  if (keys.length > 0) refuseOther(sources, keys, shown);
  await sources.onFirstContact(shown, fingerprint(shown), keys.length > 0);
}

async function acceptNamed(sources: HostKeySources, shown: string): Promise<void> {
  if (sources.pinned.includes(shown)) return;
  if (fingerprint(shown) !== sources.acceptedKey) refuseOther(sources, sources.pinned, shown);
  await sources.onFirstContact(shown, fingerprint(shown), true);
}

function refuseOther({ host, port, pinned, acceptCommand }: HostKeySources, expected: readonly string[], shown: string): void {
  if (expected.includes(shown)) return;
  const whose = pinned.length > 0 ? "the machine's" : 'the one in known_hosts';
  throw hostKeyError(
    `the SSH host key of ${placeOf(host, port)} is not ${whose}: expected ${expected.map(fingerprint).join(' or ')}, found ${fingerprint(shown)}`,
    pinned.length > 0 && acceptCommand !== undefined ? `; when you know why: ${acceptCommand} ${fingerprint(shown)}` : '',
  );
}

function hostKeyError(message: string, more = ''): MachineError {
  return new MachineError('SSH_HOST_KEY', message, { hint: `another server answers there, or somebody listens in between${more}` });
}

function kindsOf(keys: readonly string[]): string[] {
  return [...new Set(keys.map((key) => key.split(' ')[0] ?? ''))];
}
