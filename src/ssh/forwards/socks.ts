/** The server's side of SOCKS5 (RFC 1928): CONNECT without authentication. */

import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { MachineError } from '../../core/errors.ts';
import { relay } from '../../core/relay.ts';

const SUCCEEDED = 0;
const HOST_UNREACHABLE = 4;
const COMMAND_NOT_SUPPORTED = 7;
const ADDRESS_NOT_SUPPORTED = 8;

/** Reads a client's greeting and request, opens what it asks for and joins the two. */
export async function takeSocksRequest(socket: Duplex, open: (target: { host: string; port: number }) => Promise<Duplex>): Promise<void> {
  const read = reader(socket);
  const [version, methods = 0] = await read(2);
  if (version !== 5) throw new MachineError('SSH_FORWARD', `expected SOCKS version 5, found ${version}`);
  const offered = await read(methods);
  if (!offered.includes(0)) {
    socket.end(Buffer.from([5, 0xff]));
    throw new MachineError('SSH_FORWARD', 'the SOCKS client wants to authenticate; nothing here asks it to');
  }
  socket.write(Buffer.from([5, 0]));
  const [, command, , type] = await read(4);
  if (command !== 1) return void socket.end(reply(COMMAND_NOT_SUPPORTED));
  const host = await readHost(read, type);
  if (host === undefined) return void socket.end(reply(ADDRESS_NOT_SUPPORTED));
  const port = (await read(2)).readUInt16BE(0);
  try {
    const channel = await open({ host, port });
    socket.write(reply(SUCCEEDED));
    relay(socket, channel);
  } catch (error) {
    socket.end(reply(HOST_UNREACHABLE));
    throw error;
  }
}

type Read = (length: number) => Promise<Buffer>;

async function readHost(read: Read, type: number | undefined): Promise<string | undefined> {
  if (type === 1) return (await read(4)).join('.');
  if (type === 3) return (await read((await read(1))[0] ?? 0)).toString('latin1');
  if (type !== 4) return undefined;
  const bytes = await read(16);
  const address = Array.from({ length: 8 }, (_, at) => bytes.readUInt16BE(at * 2).toString(16)).join(':');
  return isIPv6(address) ? address : undefined;
}

function reply(status: number): Buffer {
  return Buffer.from([5, status, 0, 1, 0, 0, 0, 0, 0, 0]);
}

/** Reads exactly so many bytes; what comes after them stays in the stream. */
function reader(socket: Duplex): Read {
  return async (length) => {
    if (length === 0) return Buffer.alloc(0);
    for (;;) {
      const bytes = socket.read(length) as Buffer | null;
      if (bytes?.length === length) return bytes;
      if (bytes || socket.readableEnded || socket.destroyed) throw new MachineError('SSH_FORWARD', 'the SOCKS client hung up');
      await new Promise<void>((resolve) => {
        const go = () => {
          for (const event of ['readable', 'end', 'close']) socket.off(event, go);
          resolve();
        };
        for (const event of ['readable', 'end', 'close']) socket.once(event, go);
      });
    }
  };
}
