/** A proxy that changes one thing in what an engine answers: the comparison must notice, or it compares nothing. */

import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { Transform } from 'node:stream';

export interface Falsifier {
  socket: string;
  stop(): Promise<void>;
}

/** Replaces `from` by `to` (of equal length, so that framing holds) in everything `target` sends. */
export async function falsify(target: string, socket: string, from: string, to: string): Promise<Falsifier> {
  if (Buffer.byteLength(from) !== Buffer.byteLength(to)) throw new Error('expected texts of equal length');
  const server: Server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ path: target, allowHalfOpen: true });
    const change = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        done(null, Buffer.from(chunk.toString('latin1').replaceAll(from, to), 'latin1'));
      },
    });
    client.pipe(upstream);
    upstream.pipe(change).pipe(client);
    for (const side of [client, upstream]) {
      side.on('error', () => {
        client.destroy();
        upstream.destroy();
      });
    }
  });
  server.listen(socket);
  await once(server, 'listening');
  return { socket, stop: async () => void server.close() };
}
