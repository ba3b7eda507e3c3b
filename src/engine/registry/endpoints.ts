import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import type { ProxySettings } from './agents.ts';

export interface RegistryOptions {
  /** URLs tried first for docker.io. */
  mirrors: readonly string[];
  /** Hosts (`name[:port]`) and CIDRs that may speak plain HTTP or have a certificate of nobody known. */
  insecureRegistries: readonly string[];
  proxies: ProxySettings;
  /** Layers fetched at a time, over all pulls. */
  maxConcurrentDownloads: number;
  /** Tries of one download before it is given up. */
  maxDownloadAttempts: number;
}

/** One place to try. */
export interface Endpoint {
  /** Without a trailing slash. */
  url: string;
  isMirror: boolean;
  /** Whether the certificate is checked. */
  verify: boolean;
}

const HUB = 'https://registry-1.docker.io';

/** Where to look for repositories of a domain, in dockerd's order: mirrors and the Hub; or TLS, then plain HTTP where it is allowed. */
export async function endpointsOf(domain: string, options: Pick<RegistryOptions, 'mirrors' | 'insecureRegistries'>): Promise<Endpoint[]> {
  if (domain === 'docker.io') {
    const mirrors = options.mirrors.map(async (mirror): Promise<Endpoint> => {
      const url = mirror.replace(/\/+$/, '');
      return { url, isMirror: true, verify: !(await isInsecure(new URL(url).host, options.insecureRegistries)) };
    });
    return [...(await Promise.all(mirrors)), { url: HUB, isMirror: false, verify: true }];
  }
  const insecure = await isInsecure(domain, options.insecureRegistries);
  const secureEndpoint: Endpoint = { url: `https://${domain}`, isMirror: false, verify: !insecure };
  return insecure ? [secureEndpoint, { url: `http://${domain}`, isMirror: false, verify: false }] : [secureEndpoint];
}

/** By name, or because an address of the host is in one of the CIDRs; 127.0.0.0/8 and ::1 always are. */
async function isInsecure(host: string, registries: readonly string[]): Promise<boolean> {
  if (registries.includes(host)) return true;
  const { hostname } = new URL(`http://${host}`);
  const bare = hostname.replace(/^\[|\]$/g, '');
  const list = new BlockList();
  for (const cidr of ['127.0.0.0/8', '::1/128', ...registries.filter((entry) => entry.includes('/'))]) {
    const [address = '', prefix = ''] = cidr.split('/');
    const family = isIP(address);
    if (family !== 0 && /^\d+$/.test(prefix)) list.addSubnet(address, Number(prefix), family === 4 ? 'ipv4' : 'ipv6');
  }
  const addresses = isIP(bare) ? [{ address: bare, family: isIP(bare) }] : await lookup(bare, { all: true }).catch(() => []);
  return addresses.some(({ address, family }) => list.check(address, family === 6 ? 'ipv6' : 'ipv4'));
}
