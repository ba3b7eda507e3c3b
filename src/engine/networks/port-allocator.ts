import { readFileSync } from 'node:fs';
import { messageOf, systemCode } from '../../core/errors.ts';
import type { PortBinding } from '../contracts.ts';
import { internal } from '../errors.ts';
import { lacksAddress, listenOn, type PortListener } from './port-listeners.ts';

/** A binding that is held, and what holds it. */
export interface HeldPort {
  binding: PortBinding;
  listener: PortListener;
}

const ANY4 = '0.0.0.0';
const ANY6 = '::';
const isAny = (ip: string): boolean => ip === ANY4 || ip === ANY6;

/** Host ports of all containers of this engine. */
export class PortAllocator {
  readonly #taken = new Set<PortBinding>();
  #next: number;
  readonly #range: { first: number; last: number };

  constructor(range: { first: number; last: number } = localPortRange()) {
    this.#range = range;
    this.#next = range.first;
  }

  /**
   * Takes all of a container's ports or none. Without a host address a port is taken on all addresses of both families.
   * Throws EngineError 500 with dockerd's reason.
   */
  async take(wanted: readonly PortBinding[], address: string): Promise<HeldPort[]> {
    const taken: HeldPort[] = [];
    try {
      for (const binding of wanted) taken.push(...(await this.#takeOne(binding, address)));
      return taken;
    } catch (error) {
      this.release(taken);
      throw error;
    }
  }

  release(ports: readonly HeldPort[]): void {
    for (const port of ports) {
      port.listener.close();
      this.#taken.delete(port.binding);
    }
  }

  async #takeOne(wanted: PortBinding, address: string): Promise<HeldPort[]> {
    const ips = wanted.hostIp === '' ? [ANY4, ANY6] : [wanted.hostIp];
    if (wanted.hostPort !== 0) return this.#hold(wanted, wanted.hostPort, ips, address);
    for (let tries = this.#range.first; tries <= this.#range.last; tries += 1) {
      const port = this.#next;
      this.#next = port >= this.#range.last ? this.#range.first : port + 1;
      try {
        return await this.#hold(wanted, port, ips, address);
      } catch (error) {
        if (!/already (?:allocated|in use)$/.test(messageOf(error))) throw error;
      }
    }
    throw internal('all ports are allocated');
  }

  async #hold(wanted: PortBinding, hostPort: number, ips: readonly string[], address: string): Promise<HeldPort[]> {
    const [number = '', protocol = 'tcp'] = wanted.containerPort.split('/');
    const held: HeldPort[] = [];
    try {
      for (const hostIp of ips) {
        this.#checkFree(hostIp, hostPort, protocol);
        const binding = { containerPort: wanted.containerPort, hostIp, hostPort };
        // ours from now on, so that two containers that start at the same time do not both try
        this.#taken.add(binding);
        const target = { address, port: Number(number) };
        const listener = await listenOn({ hostIp, hostPort, protocol, target }).catch((error: unknown) => {
          this.#taken.delete(binding);
          if (hostIp === ANY6 && ips.length > 1 && lacksAddress(error)) return undefined;
          throw bindError(error, hostIp, hostPort, protocol, `${address}:${number}`);
        });
        if (!listener) continue;
        held.push({ binding, listener });
      }
      return held;
    } catch (error) {
      this.release(held);
      throw error;
    }
  }

  #checkFree(hostIp: string, hostPort: number, protocol: string): void {
    for (const binding of this.#taken) {
      const sameFamily = binding.hostIp.includes(':') === hostIp.includes(':');
      const overlaps = binding.hostIp === hostIp || (sameFamily && (isAny(hostIp) || isAny(binding.hostIp)));
      if (overlaps && binding.hostPort === hostPort && (binding.containerPort.split('/')[1] ?? 'tcp') === protocol) {
        throw internal(`Bind for ${hostIp}:${hostPort} failed: port is already allocated`);
      }
    }
  }
}

function bindError(error: unknown, hostIp: string, hostPort: number, protocol: string, target: string): Error {
  const ip = hostIp.includes(':') ? `[${hostIp}]` : hostIp;
  const reasons: Record<string, string> = {
    EADDRINUSE: 'address already in use',
    EADDRNOTAVAIL: 'cannot assign requested address',
    EACCES: 'permission denied',
  };
  const reason = reasons[systemCode(error) ?? ''] ?? String(error);
  return internal(`failed to bind host port for ${ip}:${hostPort}:${target}/${protocol}: ${reason}`, error);
}

/** Where the kernel, and so dockerd, takes free ports from. */
function localPortRange(): { first: number; last: number } {
  try {
    const [first = 32768, last = 60999] = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').trim().split(/\s+/).map(Number);
    return { first, last };
  } catch {
    return { first: 32768, last: 60999 };
  }
}
