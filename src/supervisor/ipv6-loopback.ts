/**
 * `localhost` is `::1` first for many programs, and QEMU's user network listens on IPv4 only: connections to `::1` are led to
 * 127.0.0.1. Ports that others have on `::1` are left to them.
 */
import { createConnection, createServer, type Server } from 'node:net';
import { relay } from '../core/relay.ts';

export class IPv6Loopback {
  private readonly servers = new Map<number, Server>();

  has(port: number): boolean {
    return this.servers.get(port)?.listening ?? false;
  }

  /** Listens on these ports and no others; resolves when it does, or cannot. */
  async keep(ports: ReadonlySet<number>): Promise<void> {
    for (const [port, server] of this.servers) {
      if (ports.has(port) && server.listening) continue;
      server.close();
      this.servers.delete(port);
    }
    await Promise.all([...ports].filter((port) => !this.servers.has(port)).map((port) => this.listen(port)));
  }

  private listen(port: number): Promise<void> {
    const server = createServer({ allowHalfOpen: true }, (from) => {
      relay(from, createConnection({ host: '127.0.0.1', port, allowHalfOpen: true }));
    });
    this.servers.set(port, server);
    return new Promise((resolve) => {
      server.once('error', () => resolve());
      server.listen({ host: '::1', port, ipv6Only: true, exclusive: true }, () => resolve());
    });
  }
}
