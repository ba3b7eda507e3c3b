/** Whether a port of this computer can be had. QEMU says only that it could not; and two of them can have one UDP port. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { systemCode } from '../core/errors.ts';

/** Why the port cannot be had; undefined when it can. */
export async function obstacleAt(protocol: 'tcp' | 'udp', address: string, port: number): Promise<string | undefined> {
  try {
    await (protocol === 'tcp' ? bindTcp(address, port) : bindUdp(address, port));
    return undefined;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EADDRINUSE') return 'taken by another program or machine';
    if (code === 'EACCES') return port < 1024 ? 'ports below 1024 need more rights than this user has' : 'the system refuses this port';
    if (code === 'EADDRNOTAVAIL') return `this computer has no address ${address}`;
    return code ?? String(error);
  }
}

function bindTcp(host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve()));
  });
}

function bindUdp(address: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: 'udp4', reuseAddr: false });
    socket.once('error', (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ address, port, exclusive: true }, () => socket.close(() => resolve()));
  });
}
