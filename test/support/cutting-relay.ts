import { connect, createServer, type Socket } from 'node:net';

/** A TCP relay on 127.0.0.1 that can be cut. */
export interface CuttingRelay {
  readonly port: number;
  /** Bytes that came back from the server, over all connections. */
  bytes(): number;
  /** Breaks every connection that is open, as when a cable is pulled and a router says so. */
  cut(): void;
  /** Nothing passes any more on the connections that are open, and neither side is told, whatever the other one does. */
  stall(): void;
  /** Breaks the first connection from now on to bring so many bytes from the server, once. */
  cutOnceAfter(bytes: number): void;
  close(): void;
}

/** To a port of `host`; default: that of the same number. */
export async function cuttingRelay(host: string, to?: number): Promise<CuttingRelay> {
  const sockets = new Set<Socket>();
  const fars = new Set<Socket>();
  const stalled = new Set<Socket>();
  let limit = Number.POSITIVE_INFINITY;
  let bytes = 0;
  let port = 0;
  const server = createServer((near) => {
    const far = connect(to ?? port, host);
    let passed = 0;
    const end = () => {
      if (stalled.has(near)) return;
      near.destroy();
      far.destroy();
      sockets.delete(near);
    };
    sockets.add(near);
    fars.add(far);
    near.on('error', end).on('close', end).pipe(far, { end: false });
    far.on('error', end).on('close', end);
    far.on('data', (chunk) => {
      if (stalled.has(near)) return;
      bytes += chunk.length;
      near.write(chunk.subarray(0, Math.max(0, limit - passed)));
      passed += chunk.length;
      if (passed < limit) return;
      limit = Number.POSITIVE_INFINITY;
      end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('no port');
  port = address.port;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  const stall = () => {
    for (const socket of sockets) {
      stalled.add(socket);
      socket.unpipe().resume();
    }
  };
  return {
    port,
    stall,
    bytes: () => bytes,
    cut,
    cutOnceAfter(after) {
      limit = after;
    },
    close() {
      server.close();
      for (const socket of [...sockets, ...fars]) socket.destroy();
    },
  };
}
