/**
 * What ssh_config says about a host, asked of the computer's own ssh client (`ssh -G`): Match, Include, patterns and precedence
 * are exactly its own.
 */
import { join } from 'node:path';
import { isMachineError, MachineError } from '../core/errors.ts';
import type { Platform } from '../host/platform.ts';
import type { ProcessRunner } from '../host/process-runner.ts';
import type { Destination } from './destination.ts';

export interface ClientConfig {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly identityFiles: readonly string[];
  readonly identitiesOnly: boolean;
  /** Socket or named pipe of the agent; undefined for none. */
  readonly agent: string | undefined;
  readonly proxyJump: string;
  readonly proxyCommand: string;
  readonly knownHostsFiles: readonly string[];
  /** The name known_hosts has the host under, when it is another one. */
  readonly hostKeyAlias: string;
  /** Milliseconds. */
  readonly connectTimeout: number | undefined;
}

export interface ClientConfigSource {
  readonly platform: Platform;
  /** Runs `ssh -G`; undefined: ssh_config is not looked at. */
  readonly runner?: ProcessRunner;
  /** Instead of ~/.ssh/config and /etc/ssh/ssh_config. */
  readonly sshConfig?: string;
}

/** Throws `SSH_CONFIG` with the client's own words. Without an ssh client its defaults are taken. */
export async function clientConfig(target: Destination, source: ClientConfigSource, signal: AbortSignal): Promise<ClientConfig> {
  if (!source.runner) return readAnswer(new Map(), target, source.platform);
  const words = [
    ...(source.sshConfig === undefined ? [] : ['-F', source.sshConfig]),
    ...(target.user === '' ? [] : ['-l', target.user]),
    ...(target.port === 0 ? [] : ['-p', String(target.port)]),
  ];
  try {
    const { exitCode, stdout, stderr } = await source.runner.run('ssh', ['-G', ...words, '--', target.host], {
      allowFailure: true,
      signal,
      timeout: 20_000, // `Match exec` may run a program
    });
    if (exitCode !== 0) throw new MachineError('SSH_CONFIG', `the ssh client does not read its configuration: ${stderr.trim()}`);
    return readAnswer(parseAnswer(stdout), target, source.platform);
  } catch (error) {
    if (isMachineError(error) && error.code === 'PROGRAM_NOT_FOUND') return readAnswer(new Map(), target, source.platform);
    throw error;
  }
}

/** `keyword value` lines; a keyword may come several times. */
function parseAnswer(text: string): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const line of text.split(/\r?\n/)) {
    const [, keyword, value] = /^(\w+) (.*)$/.exec(line) ?? [];
    if (keyword !== undefined && value !== undefined) found.set(keyword, [...(found.get(keyword) ?? []), value]);
  }
  return found;
}

const DEFAULT_KEYS = ['~/.ssh/id_rsa', '~/.ssh/id_ecdsa', '~/.ssh/id_ed25519'];
const DEFAULT_KNOWN_HOSTS = ['~/.ssh/known_hosts', '~/.ssh/known_hosts2', '/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'];

function readAnswer(answer: ReadonlyMap<string, readonly string[]>, target: Destination, platform: Platform): ClientConfig {
  const one = (keyword: string) => answer.get(keyword)?.[0] ?? '';
  const localUser = platform.env.USER ?? platform.env.USERNAME ?? '';
  const host = one('hostname') || target.host;
  const port = Number(one('port')) || target.port || 22;
  const user = one('user') || target.user || localUser;
  const path = (text: string) =>
    expand(text, platform, { h: host, n: target.host, p: String(port), r: user, u: localUser, k: one('hostkeyalias') });
  const knownHosts = [...pathList(one('userknownhostsfile')), ...pathList(one('globalknownhostsfile'))];
  const seconds = Number(one('connecttimeout'));
  return {
    host,
    port,
    user,
    identityFiles: (answer.get('identityfile') ?? DEFAULT_KEYS).map(path),
    identitiesOnly: one('identitiesonly') === 'yes',
    agent: agentOf(one('identityagent'), platform, path),
    proxyJump: one('proxyjump'),
    proxyCommand: one('proxycommand') === 'none' ? '' : one('proxycommand'),
    knownHostsFiles: (answer.size === 0 ? DEFAULT_KNOWN_HOSTS : knownHosts).map(path),
    hostKeyAlias: one('hostkeyalias'),
    connectTimeout: seconds > 0 ? seconds * 1000 : undefined,
  };
}

/** Where Windows' own agent listens. */
const WINDOWS_AGENT = '\\\\.\\pipe\\openssh-ssh-agent';

function agentOf(setting: string, { env, os }: Platform, path: (text: string) => string): string | undefined {
  if (setting === 'none') return undefined;
  if (setting !== '' && setting !== 'SSH_AUTH_SOCK')
    return setting.startsWith('$') ? env[setting.replace(/^\$\{?|\}$/g, '')] : path(setting);
  return env.SSH_AUTH_SOCK || (os === 'win32' ? WINDOWS_AGENT : undefined);
}

/** Several absolute paths, separated by single blanks, which they may have inside. */
function pathList(text: string): string[] {
  return text.split(/ (?=[/~]|[A-Za-z]:[\\/])/).filter((path) => path !== '' && path !== 'none' && path !== '/dev/null');
}

/** `~`, `%` tokens and `${VARIABLE}`, which `ssh -G` leaves as they are (ssh_config(5), TOKENS). An unknown token stays. */
function expand(text: string, { home, env, uid }: Platform, tokens: Readonly<Record<string, string>>): string {
  const all: Readonly<Record<string, string>> = { ...tokens, d: home, i: String(uid ?? ''), '%': '%' };
  const named = text
    .replace(/%(.)/g, (whole, token: string) => all[token] ?? whole)
    .replace(/\$\{(\w+)\}/g, (whole, name: string) => env[name] ?? whole);
  return /^~(?=[/\\]|$)/.test(named) ? join(home, named.slice(1)) : named;
}
