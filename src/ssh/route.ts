import { MachineError } from '../core/errors.ts';
import type { SshAccess } from './access.ts';
import { type ClientConfig, clientConfig } from './client-config.ts';
import { parseJumps, placeOf } from './destination.ts';
import type { HostKeySources } from './host-key-policy.ts';

/** One server on the way to a machine, the last being the machine. */
export interface Hop extends HostKeySources {
  readonly user: string;
  readonly keyFiles: readonly string[];
  /** The machine's own key: no other is tried. '' when it has none. */
  readonly keyPath: string;
  readonly agent: string | undefined;
  /** IdentitiesOnly. */
  readonly filesOnly: boolean;
  /** Milliseconds. */
  readonly connectTimeout: number | undefined;
}

/** A chain of ProxyJump longer than this goes in a circle. */
const MOST_JUMPS = 16;

/** The servers to go through, first to last. Throws `SSH_JUMP`, `SSH_CONFIG`, `SSH_PROXY_COMMAND`. */
export async function routeTo(access: SshAccess, signal: AbortSignal): Promise<readonly Hop[]> {
  const { endpoint } = access;
  const config = await clientConfig(endpoint, access, signal);
  const jumps = await jumpsBefore(access.proxyJump ?? config.proxyJump, access, signal);
  if (jumps.length === 0 && access.proxyJump === undefined) refuseProxyCommand(endpoint.host, config);
  const machine: Hop = {
    ...common(config, access),
    user: endpoint.user || targetUser(config, access),
    ...(endpoint.keyPath === '' ? {} : { keyFiles: [endpoint.keyPath], keyPath: endpoint.keyPath, filesOnly: true }),
    pinned: access.hostKeys,
    onFirstContact: access.onFirstContact,
  };
  return [...jumps, machine];
}

async function jumpsBefore(spec: string, access: SshAccess, signal: AbortSignal): Promise<Hop[]> {
  const [first, ...rest] = parseJumps(spec);
  if (!first) return [];
  const config = await clientConfig(first, access, signal);
  const before = parseJumps(config.proxyJump); // only the first jump host is reached as ssh_config says, the others through it
  if (before.length === 0) refuseProxyCommand(first.host, config);
  if (before.length + rest.length > MOST_JUMPS)
    throw new MachineError('SSH_JUMP', `expected at most ${MOST_JUMPS} jump hosts, found more: ${spec}`);
  const hops = [...before, first, ...rest];
  return Promise.all(hops.map(async (hop) => jumpHop(await clientConfig(hop, access, signal), access)));
}

function jumpHop(config: ClientConfig, access: SshAccess): Hop {
  const place = placeOf(config.host, config.port);
  return {
    ...common(config, access),
    pinned: access.jumpHostKeys?.[place] ?? [],
    onFirstContact: (...contact) => access.onJumpContact(place, ...contact),
  };
}

function common(config: ClientConfig, { acceptedKey, acceptCommand }: SshAccess): Omit<Hop, 'pinned' | 'onFirstContact'> {
  const { host, port, user, identityFiles, agent, identitiesOnly, knownHostsFiles, hostKeyAlias, connectTimeout } = config;
  return {
    host,
    port,
    user,
    keyFiles: identityFiles,
    keyPath: '',
    agent,
    filesOnly: identitiesOnly,
    knownHostsFiles,
    hostKeyAlias,
    connectTimeout,
    acceptedKey,
    acceptCommand,
  };
}

/** docker-machine's default, root, unless ssh_config names somebody: the client's answer is the user's own name when it does not. */
export function targetUser({ user }: ClientConfig, { platform: { env } }: SshAccess): string {
  return user === '' || user === (env.USER ?? env.USERNAME) ? 'root' : user;
}

function refuseProxyCommand(host: string, { proxyCommand }: ClientConfig): void {
  if (proxyCommand === '') return;
  throw new MachineError('SSH_PROXY_COMMAND', `ssh_config has a ProxyCommand for ${host}, which the built-in SSH does not run`, {
    hint: "use --native-ssh=false for the computer's own ssh client, or ProxyJump",
  });
}
