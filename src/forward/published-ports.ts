/** Which ports a machine's containers publish, from what the engine says. Pure: what comes in may be anything. */
import { isIP } from 'node:net';

export interface PublishedPort {
  readonly protocol: 'tcp' | 'udp';
  /** On the machine; `0.0.0.0` for all of its addresses. */
  readonly address: string;
  readonly port: number;
}

export const keyOf = ({ protocol, address, port }: PublishedPort): string => `${protocol}:${address}:${port}`;

/** From the answer to `GET /containers/json`, in the order of protocol and port, each port once: all addresses before one. */
export function publishedPorts(containers: unknown): PublishedPort[] {
  const found = new Map<string, PublishedPort>();
  for (const container of Array.isArray(containers) ? containers : []) {
    const ports: unknown = (container as { Ports?: unknown } | null)?.Ports;
    for (const entry of Array.isArray(ports) ? ports : []) {
      const port = portOf(entry);
      if (port === undefined) continue;
      const key = `${port.protocol}:${port.port}`;
      const before = found.get(key);
      if (before === undefined || rank(port) < rank(before)) found.set(key, port);
    }
  }
  return [...found.values()].sort((a, b) => (a.protocol === b.protocol ? a.port - b.port : a.protocol < b.protocol ? -1 : 1));
}

function portOf(entry: unknown): PublishedPort | undefined {
  const { IP = '', PublicPort, Type } = (entry ?? {}) as { IP?: unknown; PublicPort?: unknown; Type?: unknown };
  if (typeof PublicPort !== 'number' || !Number.isInteger(PublicPort) || PublicPort < 1 || PublicPort > 65_535) return undefined;
  if (Type !== 'tcp' && Type !== 'udp') return undefined;
  const address = IP === '' ? '0.0.0.0' : IP;
  if (typeof address !== 'string' || isIP(address) === 0) return undefined;
  return { protocol: Type, address, port: PublicPort };
}

/** The engine lists `0.0.0.0` and `::` for one port of all addresses; IPv4 is what leads there. */
function rank({ address }: PublishedPort): number {
  if (address === '0.0.0.0') return 0;
  return isIP(address) === 4 ? 1 : 2;
}
