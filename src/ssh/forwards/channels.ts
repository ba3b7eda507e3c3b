import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import type { ForwardEnd } from './forward-spec.ts';

/** A stream to something that the server reaches: a TCP port, or a Unix socket of it. Rejects with the server's reason. */
export function openChannel(client: Client, end: ForwardEnd): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const opened = (error: Error | undefined, channel: Duplex) => (error ? reject(error) : resolve(channel));
    if ('socket' in end) client.openssh_forwardOutStreamLocal(end.socket, opened);
    else client.forwardOut('127.0.0.1', 0, end.host, end.port, opened);
  });
}
