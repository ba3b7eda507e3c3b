import { closeSync, openSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import koffi from 'koffi';
import { bind, check } from './libc.ts';

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_CMSG_CLOEXEC = 0x40000000;
const TIOCSWINSZ = 0x5414;

koffi.struct('msghdr', {
  name: 'void *',
  namelen: 'uint32',
  iov: 'void *',
  iovlen: 'size_t',
  control: 'void *',
  controllen: 'size_t',
  flags: 'int',
});
const socket = bind<[number, number, number]>('int socket(int domain, int type, int protocol)');
const bindTo = bind<[number, Buffer, number]>('int bind(int fd, void *address, uint32 length)');
const listen = bind<[number, number]>('int listen(int fd, int backlog)');
const accept4 = bind<[number, null, null, number]>('int accept4(int fd, void *address, void *length, int flags)');
const recvmsg = bind<[number, object, number]>('long recvmsg(int fd, _Inout_ msghdr *message, int flags)');
const ioctl = bind<[number, number, Buffer]>('int ioctl(int fd, unsigned long request, void *argument)');

/** Listens on a unix socket for the pty master an OCI runtime sends (`--console-socket`). Returns the listening descriptor. */
export function listenForConsole(path: string): number {
  // A socket address holds 107 bytes: the directory is named by its descriptor.
  const directory = openSync(dirname(path), 'r');
  try {
    const name = Buffer.from(`/proc/self/fd/${directory}/${basename(path)}\0`);
    const family = Buffer.alloc(2);
    family.writeUInt16LE(AF_UNIX);
    const address = Buffer.concat([family, name]);
    const fd = check('socket', path, socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    try {
      check('bind', path, bindTo(fd, address, address.length));
      check('listen', path, listen(fd, 1));
      return fd;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  } finally {
    closeSync(directory);
  }
}

/**
 * Takes the master the runtime has sent already and closes the listening socket. Does not wait: call it once the container
 * is known to have started. Throws SyscallError when nothing was sent.
 */
export function receiveConsole(listening: number): number {
  let connection: number | undefined;
  try {
    connection = check('accept4', 'console socket', accept4(listening, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC));
    const data = Buffer.alloc(256);
    const control = Buffer.alloc(64);
    const vector = Buffer.alloc(16);
    vector.writeBigUInt64LE(BigInt(koffi.address(data)), 0);
    vector.writeBigUInt64LE(BigInt(data.length), 8);
    const message = { name: null, namelen: 0, iov: vector, iovlen: 1, control, controllen: control.length, flags: 0 };
    check('recvmsg', 'console socket', recvmsg(connection, message, MSG_CMSG_CLOEXEC));
    // struct cmsghdr: length, level, type, then the descriptor (SCM_RIGHTS).
    return control.readInt32LE(16);
  } finally {
    if (connection !== undefined) closeSync(connection);
    closeSync(listening);
  }
}

/** Sets the size of a terminal; its foreground process gets SIGWINCH. */
export function resizeTerminal(fd: number, rows: number, columns: number): void {
  const size = Buffer.alloc(8);
  size.writeUInt16LE(rows, 0);
  size.writeUInt16LE(columns, 2);
  check('ioctl', 'TIOCSWINSZ', ioctl(fd, TIOCSWINSZ, size));
}
