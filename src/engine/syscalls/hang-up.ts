import { bind } from './libc.ts';

const poll = bind<[Buffer, number, number]>('int poll(void *fds, unsigned long count, int timeout)');
const POLLERR = 0x8;
const POLLHUP = 0x10;

/**
 * Whether the other side of a socket is gone altogether. Node tells of the end of its output only, which is all that a peer
 * closes that still listens; on a unix socket the kernel knows both ends.
 */
export function isHungUp(fd: number): boolean {
  const entry = Buffer.alloc(8);
  entry.writeInt32LE(fd, 0);
  return poll(entry, 1, 0) > 0 && (entry.readInt16LE(6) & (POLLHUP | POLLERR)) !== 0;
}
