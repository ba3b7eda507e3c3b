import { spawn } from 'node:child_process';
import { messageOf } from '../../core/errors.ts';
import { internal } from '../errors.ts';

/** Feeds a script to `nft -f -`: it is done wholly or not at all. Throws EngineError 500 with nft's words. */
export function nft(script: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(0, 4096);
    });
    child.stdin.on('error', () => undefined);
    child.once('error', (error) => reject(internal(`cannot start nft (Debian package nftables): ${messageOf(error)}`, error)));
    child.once('close', (code) => (code === 0 ? resolve() : reject(internal(`nft: ${words.trim()}`))));
    child.stdin.end(script);
  });
}

/** One published port: `hostIp` 0.0.0.0 for every address of this host. */
export interface PortRule {
  hostIp: string;
  hostPort: number;
  protocol: string;
  address: string;
  port: number;
}

/**
 * The rules of one bridge in one nftables table: published ports are elements of two maps, so that a container costs two
 * lines and no rule; packets that leave are masqueraded. Connections of this host to 127.0.0.1 are led to the container
 * too, which takes route_localnet on the bridge; nobody else may send to 127.0.0.0/8 from there.
 */
export class PortTable {
  readonly #table: string;

  constructor(bridge: string) {
    this.#table = `ip docker-${bridge}`.replace(/[^a-zA-Z0-9 _-]/g, '_');
  }

  /** Makes the table anew, with what is published now. */
  async reset(options: {
    bridge: string;
    subnet: string;
    masquerade: boolean;
    isolate: boolean;
    rules: readonly PortRule[];
  }): Promise<void> {
    const { bridge, subnet, masquerade, isolate, rules } = options;
    const lookup = `fib daddr type local meta l4proto { tcp, udp } dnat ip to ip daddr . meta l4proto . th dport map @by_address
      fib daddr type local meta l4proto { tcp, udp } dnat ip to meta l4proto . th dport map @published`;
    await nft(`table ${this.#table} {}
delete table ${this.#table}
table ${this.#table} {
  map published { type inet_proto . inet_service : ipv4_addr . inet_service; }
  map by_address { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
  chain guard { type filter hook prerouting priority raw; iifname "${bridge}" ip daddr 127.0.0.0/8 drop; }
  chain incoming { type nat hook prerouting priority dstnat;
    ${lookup}
  }
  chain local { type nat hook output priority -100;
    ${lookup}
  }
  chain leaving { type nat hook postrouting priority srcnat;
    ${masquerade ? `ip saddr ${subnet} oifname != "${bridge}" masquerade` : ''}
    ip saddr 127.0.0.0/8 oifname "${bridge}" masquerade
    ip saddr ${subnet} ip daddr ${subnet} ct status dnat masquerade
  }
  chain forwarded { type filter hook forward priority filter;
    ${isolate ? `iifname "${bridge}" oifname "${bridge}" ct status != dnat drop` : ''}
  }
}
${rules.map((rule) => this.#line('add', rule)).join('\n')}
`);
  }

  async publish(rules: readonly PortRule[]): Promise<void> {
    if (rules.length > 0) await nft(`${rules.map((rule) => this.#line('add', rule)).join('\n')}\n`);
  }

  async withdraw(rules: readonly PortRule[]): Promise<void> {
    if (rules.length > 0) await nft(`${rules.map((rule) => this.#line('delete', rule)).join('\n')}\n`);
  }

  async remove(): Promise<void> {
    await nft(`table ${this.#table} {}\ndelete table ${this.#table}\n`);
  }

  #line(verb: 'add' | 'delete', { hostIp, hostPort, protocol, address, port }: PortRule): string {
    const [map, key] = hostIp === '0.0.0.0' ? ['published', ''] : ['by_address', `${hostIp} . `];
    return `${verb} element ${this.#table} ${map} { ${key}${protocol} . ${hostPort} : ${address} . ${port} }`;
  }
}
