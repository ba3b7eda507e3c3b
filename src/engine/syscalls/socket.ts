import { closeSync } from 'node:fs';
import { bind, check } from './libc.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_ACCEPTCONN = 30;
const SO_DOMAIN = 39;

const socket = bind<[number, number, number]>('int socket(int domain, int type, int protocol)');
const sendto = bind<[number, Buffer, number, number, Buffer, number]>(
  'long sendto(int fd, void *data, size_t length, int flags, void *address, uint32 addressLength)',
);
const getsockopt = bind<[number, number, number, Buffer, Buffer]>(
  'int getsockopt(int fd, int level, int option, _Out_ void *value, _Inout_ void *length)',
);

const getsockname = bind<[number, Buffer, Buffer]>('int getsockname(int fd, _Out_ void *address, _Inout_ void *length)');

/** Path of the file a unix socket is bound to; undefined for any other. */
export function boundPath(fd: number): string | undefined {
  const address = Buffer.alloc(110);
  const length = Buffer.alloc(4);
  length.writeInt32LE(address.length);
  if (getsockname(fd, address, length) !== 0 || address.readUInt16LE() !== AF_UNIX) return undefined;
  const path = address.toString('utf8', 2, length.readInt32LE()).replace(/\0.*$/s, '');
  return path === '' ? undefined : path;
}

/** What a descriptor listens on; undefined when it is no listening socket. */
export function listeningDomain(fd: number): 'unix' | 'network' | undefined {
  if (option(fd, SO_ACCEPTCONN) !== 1) return undefined;
  return option(fd, SO_DOMAIN) === AF_UNIX ? 'unix' : 'network';
}

function option(fd: number, name: number): number | undefined {
  const value = Buffer.alloc(4);
  const length = Buffer.alloc(4);
  length.writeInt32LE(value.length);
  return getsockopt(fd, SOL_SOCKET, name, value, length) === 0 ? value.readInt32LE() : undefined;
}

/** Sends one datagram to a unix socket; a path that begins with `@` is an abstract name. Throws SyscallError. */
export function sendDatagram(path: string, text: string): void {
  const family = Buffer.alloc(2);
  family.writeUInt16LE(AF_UNIX);
  const abstract = path.startsWith('@');
  const address = Buffer.concat([family, Buffer.from(abstract ? `\0${path.slice(1)}` : `${path}\0`)]);
  const data = Buffer.from(text);
  const fd = check('socket', path, socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  try {
    check('sendto', path, sendto(fd, data, data.length, 0, address, address.length));
  } finally {
    closeSync(fd);
  }
}
