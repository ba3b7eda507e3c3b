/** ssh's -L, -R and -D over a connection. A connection that comes asks `client` for it anew, so that a broken one can be replaced. */
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Client } from 'ssh2';
import { MachineError, messageOf } from '../../core/errors.ts';
import { relay } from '../../core/relay.ts';
import { openChannel } from './channels.ts';
import type { ForwardEnd, ForwardSpec } from './forward-spec.ts';
import { type Listener, listen } from './listener.ts';
import { takeSocksRequest } from './socks.ts';

export type { ForwardEnd, ForwardSpec } from './forward-spec.ts';
export { parseDynamic, parseForward } from './forward-spec.ts';
export type { Listener } from './listener.ts';

type OpenClient = () => Promise<Client>;
/** What went wrong with one connection; the others go on. */
type Told = (problem: string) => void;

/** -L: connections to this computer come out at the server. */
export function forwardLocal({ listen: end, target }: ForwardSpec, client: OpenClient, told: Told): Promise<Listener> {
  return listen(end, (socket) => {
    connected(socket, async () => openChannel(await client(), target), told);
  });
}

/** -D: a SOCKS5 proxy on this computer whose connections come out at the server. */
export function forwardDynamic(end: ForwardEnd, client: OpenClient, told: Told): Promise<Listener> {
  return listen(end, (socket) => {
    takeSocksRequest(socket, async (target) => openChannel(await client(), target)).catch((error) => {
      socket.destroy();
      told(messageOf(error));
    });
  });
}

function connected(socket: Duplex, open: () => Promise<Duplex>, told: Told): void {
  open().then(
    (channel) => relay(socket, channel),
    (error) => {
      socket.destroy();
      told(messageOf(error));
    },
  );
}

/** -R: connections to the server come out here. Gives the server's port. Throws `SSH_FORWARD`. */
export async function forwardRemote(client: Client, { listen: end, target }: ForwardSpec, told: Told): Promise<number> {
  if ('socket' in end) throw new MachineError('SSH_FORWARD', `-R: expected a port of the server, found the socket ${end.socket}`);
  const host = end.host === '*' ? '' : end.host || 'localhost';
  const port = await new Promise<number>((resolve, reject) => {
    client.forwardIn(host, end.port, (error, given) => (error ? reject(refused(end.port, error)) : resolve(given ?? end.port)));
  });
  client.on('tcp connection', ({ destPort }, accept) => {
    if (destPort !== port) return;
    const place = 'socket' in target ? { path: target.socket } : { host: target.host, port: target.port, noDelay: true };
    const local = connect({ ...place, allowHalfOpen: true });
    local.once('error', (error) => told(messageOf(error)));
    relay(local, accept());
  });
  return port;
}

function refused(port: number, error: Error): MachineError {
  return new MachineError('SSH_FORWARD', `the server does not listen on port ${port}: ${messageOf(error)}`, { cause: error });
}
