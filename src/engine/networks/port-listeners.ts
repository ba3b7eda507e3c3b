import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { connect, createServer, type Server } from 'node:net';
import { pipeline } from 'node:stream';
import { systemCode } from '../../core/errors.ts';

/** What holds a published port on this host. */
export interface PortListener {
  readonly port: number;
  close(): void;
}

export interface ListenOptions {
  hostIp: string;
  hostPort: number;
  protocol: string;
  /** Where connections go that the packet filter does not lead there itself: those over IPv6. */
  target: { address: string; port: number };
}

/** Takes a port so that no other program does. Rejects with a Node system error (EADDRINUSE, EADDRNOTAVAIL). */
export function listenOn(options: ListenOptions): Promise<PortListener> {
  return options.protocol === 'udp' ? listenUdp(options) : listenTcp(options);
}

function listenTcp({ hostIp, hostPort, target }: ListenOptions): Promise<PortListener> {
  const server: Server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
    const upstream = connect({ host: target.address, port: target.port, allowHalfOpen: true });
    pipeline(client, upstream, () => undefined);
    pipeline(upstream, client, () => undefined);
    client.resume();
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: hostIp, port: hostPort, ipv6Only: hostIp.includes(':'), exclusive: true }, () => {
      server.removeListener('error', reject);
      server.on('error', () => undefined);
      const address = server.address();
      resolve({ port: typeof address === 'object' && address ? address.port : hostPort, close: () => void server.close() });
    });
  });
}

function listenUdp({ hostIp, hostPort }: ListenOptions): Promise<PortListener> {
  const socket: UdpSocket = hostIp.includes(':') ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket('udp4');
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: hostIp, port: hostPort, exclusive: true }, () => {
      socket.removeListener('error', reject);
      socket.on('error', () => undefined);
      resolve({ port: socket.address().port, close: () => socket.close() });
    });
  });
}

/** No IPv6 here: then what is for every address is for every IPv4 address. */
export const lacksAddress = (error: unknown): boolean => ['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes(systemCode(error) ?? '');
