import { readFileSync } from 'node:fs';
import type { Endpoint } from '../contracts.ts';
import type { ContainerConfig, HostConfig } from './types.ts';

/** What Docker writes over /etc/hostname, /etc/hosts and /etc/resolv.conf of a container. */
export interface NetworkFiles {
  hostname: string;
  hosts: string;
  resolvConf: string;
}

export interface DnsDefaults {
  servers: readonly string[];
  search: readonly string[];
  options: readonly string[];
}

const standardHosts = [
  '127.0.0.1\tlocalhost',
  '::1\tlocalhost ip6-localhost ip6-loopback',
  'fe00::\tip6-localnet',
  'ff00::\tip6-mcastprefix',
  'ff02::1\tip6-allnodes',
  'ff02::2\tip6-allrouters',
];

export function networkFiles(
  config: ContainerConfig,
  host: HostConfig,
  endpoint: Endpoint | undefined,
  dns: DnsDefaults,
  hostGateway: string,
): NetworkFiles {
  const name = config.Hostname ?? '';
  const full = config.Domainname ? `${name}.${config.Domainname} ${name}` : name;
  const usesHost = host.NetworkMode === 'host';
  const extra = (host.ExtraHosts ?? []).map((entry) => {
    const colon = entry.indexOf(':');
    const address = entry.slice(colon + 1);
    return `${address === 'host-gateway' ? hostGateway : address}\t${entry.slice(0, colon)}`;
  });
  const own = endpoint === undefined ? [] : [`${endpoint.ipAddress}\t${full}`];
  return {
    hostname: `${name}\n`,
    hosts: usesHost
      ? `${readIfThere('/etc/hosts')}${extra.map((line) => `${line}\n`).join('')}`
      : `${[...standardHosts, ...extra, ...own].join('\n')}\n`,
    resolvConf: resolvConf(host, dns, usesHost),
  };
}

/** The engine's own resolv.conf without name servers that a container cannot reach, and with what was asked for. */
function resolvConf(host: HostConfig, defaults: DnsDefaults, usesHost: boolean): string {
  const choose = (own: readonly string[] | null | undefined, fallback: readonly string[]): readonly string[] =>
    own && own.length > 0 ? own : fallback;
  const servers = choose(host.Dns, defaults.servers);
  const search = choose(host.DnsSearch, defaults.search);
  const options = choose(host.DnsOptions, defaults.options);
  const base = readIfThere('/etc/resolv.conf');
  if (servers.length + search.length + options.length === 0 && usesHost) return base;
  const lines = base.split('\n').map((line) => line.trim());
  const inherited = (word: string): string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const reachable = inherited('nameserver').filter((address) => usesHost || !/^(127\.|::1$)/.test(address));
  const chosen = servers.length > 0 ? servers : reachable;
  const searchLine = search.length > 0 ? (search.join(' ') === '.' ? '' : search.join(' ')) : (inherited('search').at(-1) ?? '');
  const optionLine = options.length > 0 ? options.join(' ') : inherited('options').join(' ');
  const names = chosen.length > 0 ? chosen : ['8.8.8.8', '8.8.4.4'];
  return [
    ...names.map((address) => `nameserver ${address}`),
    ...(searchLine === '' ? [] : [`search ${searchLine}`]),
    ...(optionLine === '' ? [] : [`options ${optionLine}`]),
    '',
  ].join('\n');
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
