import type { Ask } from './asking.ts';
import type { ClientConfigSource } from './client-config.ts';
import type { SshEndpoint } from './endpoint.ts';
import type { FirstContact } from './host-key-policy.ts';
import type { Passphrases } from './private-key.ts';

/** All that is needed to log in to a machine. */
export interface SshAccess extends ClientConfigSource {
  readonly endpoint: SshEndpoint;
  /** Pinned host keys, OpenSSH public key lines; empty: first contact. */
  readonly hostKeys: readonly string[];
  /** A first contact's key; waited for before anything is sent. */
  readonly onFirstContact: FirstContact;
  /** Jump hosts in the form of ssh's -J; undefined: what ssh_config says, 'none' for none. */
  readonly proxyJump?: string;
  /** Pinned keys of jump hosts, by `host:port`. */
  readonly jumpHostKeys?: Readonly<Record<string, readonly string[]>>;
  readonly onJumpContact: (place: string, ...contact: Parameters<FirstContact>) => Promise<void>;
  /** Fingerprint of a key, the machine's or a jump host's, that the user accepts instead of the pinned ones. */
  readonly acceptedKey?: string;
  /** The command that accepts another key, when its fingerprint follows. */
  readonly acceptCommand?: string;
  /** For passphrases and passwords; undefined: there is nobody to ask. */
  readonly ask?: Ask;
  readonly passphrases?: Passphrases;
  /** The machine's processor may be an emulated one, where chacha20 is twice as fast as AES. */
  readonly emulated?: boolean;
  /** Milliseconds for each hop's TCP connection, key exchange and login together. Default: ConnectTimeout of ssh_config, else 30 s. */
  readonly timeout?: number;
}
