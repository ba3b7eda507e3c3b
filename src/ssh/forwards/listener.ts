import { createServer, type Server, type Socket } from 'node:net';
import { MachineError, messageOf, systemCode } from '../../core/errors.ts';
import { placeOf } from '../destination.ts';
import type { ForwardEnd } from './forward-spec.ts';

/** A place on this computer where connections are taken. */
export interface Listener {
  /** `127.0.0.1:8080` or a socket's path. */
  readonly place: string;
  readonly port: number | undefined;
  /** Closes it and every connection that came by it. */
  close(): void;
}

/**
 * Listens on a TCP port (0: a free one) or a Unix socket that only this user may open. Host '' is loopback, IPv6 too where there
 * is one; '*' every address. Throws `SSH_FORWARD`.
 */
export async function listen(end: ForwardEnd, taken: (socket: Socket) => void): Promise<Listener> {
  const sockets = new Set<Socket>();
  const servers: Server[] = [];
  const add = async (where: { path: string } | { port: number; host?: string }) => {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      sockets.add(socket.on('error', () => {}).once('close', () => sockets.delete(socket)));
      taken(socket);
    });
    await listening(server, where);
    servers.push(server);
    return server;
  };
  const close = () => {
    for (const server of servers) server.close();
    for (const socket of sockets) socket.destroy();
  };
  if ('socket' in end) {
    await add({ path: end.socket });
    return { place: end.socket, port: undefined, close };
  }
  const host = end.host === '' || end.host === 'localhost' ? '127.0.0.1' : end.host;
  const server = await add(host === '*' ? { port: end.port } : { port: end.port, host });
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : end.port;
  if (host !== end.host && host !== '*') await add({ port, host: '::1' }).catch(() => {}); // a computer without IPv6 has 127.0.0.1
  return { place: placeOf(host, port), port, close };
}

async function listening(server: Server, where: { path: string } | { port: number; host?: string }): Promise<void> {
  const place = 'path' in where ? where.path : placeOf(where.host ?? '*', where.port);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      const before = 'path' in where ? process.umask(0o177) : undefined; // bound before listen() returns
      server.listen(where, resolve);
      if (before !== undefined) process.umask(before);
    });
  } catch (error) {
    const used = systemCode(error) === 'EADDRINUSE';
    throw new MachineError('SSH_FORWARD', used ? `${place} is in use on this computer` : `cannot listen on ${place}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}
