/** Files for the computer's own ssh client: a host of ssh_config(5), and the known_hosts with what is pinned. */
import { MachineError } from '../core/errors.ts';
import type { SshAccess } from './access.ts';
import { clientConfig } from './client-config.ts';
import { parseJumps } from './destination.ts';
import { targetUser } from './route.ts';

export interface ClientHost {
  /** The name it is called by. */
  readonly alias: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Key files; none for the user's default keys. */
  readonly keyFiles: readonly string[];
  /** No other keys than those. */
  readonly keysOnly: boolean;
  readonly knownHosts: string;
  /** '' for none. */
  readonly proxyJump: string;
  readonly proxyCommand: string;
  /** Nothing is pinned yet, and only the client itself gets there: it takes the key that it is shown. */
  readonly firstContact: boolean;
}

/** Where the client looks by itself. */
const DEFAULT_KEY = /[/\\]\.ssh[/\\]id_(rsa|dsa|ecdsa|ecdsa_sk|ed25519|ed25519_sk|xmss)$/;

/** What the client needs to know of a machine, ssh_config's own word for the machine's address included. */
export async function clientHost(access: SshAccess, alias: string, knownHosts: string, signal: AbortSignal): Promise<ClientHost> {
  const { endpoint, proxyJump, hostKeys } = access;
  const config = await clientConfig(endpoint, access, signal);
  return {
    alias,
    host: config.host,
    port: config.port,
    user: endpoint.user || targetUser(config, access),
    keyFiles: endpoint.keyPath === '' ? config.identityFiles.filter((path) => !DEFAULT_KEY.test(path)) : [endpoint.keyPath],
    keysOnly: endpoint.keyPath !== '' || config.identitiesOnly,
    knownHosts,
    proxyJump: parseJumps(proxyJump ?? config.proxyJump).length === 0 ? '' : (proxyJump ?? config.proxyJump),
    proxyCommand: proxyJump === undefined ? config.proxyCommand : '',
    firstContact: hostKeys.length === 0,
  };
}

/** A block for ~/.ssh/config. */
export function hostBlock(machine: ClientHost): string {
  const { alias, host, port, user, keyFiles, keysOnly, knownHosts, proxyJump, proxyCommand, firstContact } = machine;
  return [
    `Host ${alias}`,
    `  HostName ${plain(host)}`,
    `  Port ${port}`,
    `  User ${quoted(user)}`,
    ...keyFiles.map((path) => `  IdentityFile ${quoted(path)}`),
    ...(keysOnly ? ['  IdentitiesOnly yes'] : []),
    `  UserKnownHostsFile ${quoted(knownHosts)}`,
    `  HostKeyAlias ${alias}`,
    ...(firstContact ? ['  StrictHostKeyChecking accept-new', '  HashKnownHosts no'] : ['  StrictHostKeyChecking yes']),
    ...(proxyJump === '' ? [] : [`  ProxyJump ${plain(proxyJump)}`]),
    ...(proxyCommand === '' ? [] : [`  ProxyCommand ${oneLine(proxyCommand)}`]),
    '',
  ].join('\n');
}

/**
 * A whole file for `ssh -F`: the machine, docker-machine's settings for it, its jump hosts with what is pinned of them, then what
 * the user's own files say.
 */
export function clientFile(machine: ClientHost): string {
  const settings = [
    'ConnectionAttempts 3',
    'ConnectTimeout 10',
    'ControlMaster no',
    'ControlPath none',
    'LogLevel ERROR',
    'ServerAliveInterval 60',
  ];
  const passwords = !machine.keysOnly ? [] : ['PasswordAuthentication no'];
  const jumps = parseJumps(machine.proxyJump).map(({ host }) => `Host ${host}\n  GlobalKnownHostsFile ${quoted(machine.knownHosts)}\n`);
  const users = 'Match all\n  Include ~/.ssh/config\n  Include /etc/ssh/ssh_config\n';
  return `${hostBlock(machine)}${[...settings, ...passwords].map((line) => `  ${line}\n`).join('')}${jumps.join('')}${users}`;
}

/** Pinned keys under the machine's name, those of jump hosts under their own. */
export function knownHostsText(alias: string, { hostKeys, jumpHostKeys = {} }: Pick<SshAccess, 'hostKeys' | 'jumpHostKeys'>): string {
  const jumps = Object.entries(jumpHostKeys).flatMap(([place, keys]) => keys.map((key) => `${knownHostsName(place)} ${key}\n`));
  return [...hostKeys.map((key) => `${alias} ${key}\n`), ...jumps].join('');
}

/** The keys that the client noted under the machine's name. */
export function notedKeys(alias: string, text: string): string[] {
  const lines = text.split('\n').filter((line) => line.startsWith(`${alias} `));
  return lines.map((line) => line.slice(alias.length + 1).trim());
}

/** `host` for port 22, else `[host]:port`. */
function knownHostsName(place: string): string {
  const [, host = '', port = '22'] = /^\[?(.*?)\]?:(\d+)$/.exec(place) ?? [];
  return port === '22' ? host : `[${host}]:${port}`;
}

/** In double quotes; a `%` would be a token. ssh_config has no way to write a double quote or the end of a line. */
function quoted(text: string): string {
  return `"${plain(text).replaceAll('%', '%%')}"`;
}

function plain(text: string): string {
  if (text.includes('"')) throw cannotHold(text);
  return oneLine(text);
}

function oneLine(text: string): string {
  if (/\p{Cc}/u.test(text)) throw cannotHold(text);
  return text;
}

function cannotHold(text: string): MachineError {
  return new MachineError('SSH_CONFIG', `ssh_config cannot hold ${JSON.stringify(text)}`);
}
