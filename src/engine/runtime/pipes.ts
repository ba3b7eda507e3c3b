import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';

const { O_RDONLY, O_WRONLY, O_RDWR, O_NONBLOCK } = constants;

/** The reading side of a FIFO on the event loop (fs streams would block a thread each). */
export function openReader(path: string): Socket {
  return new Socket({ fd: openSync(path, O_RDONLY | O_NONBLOCK), readable: true, writable: false });
}

/** The writing side; it never blocks, and no reader is needed to open it. */
export function openWriter(path: string): Socket {
  return new Socket({ fd: openSync(path, O_RDWR | O_NONBLOCK), readable: false, writable: true });
}

/** Keeps a FIFO from ending before its writer has come. Returns the way to let go. */
export function holdOpen(path: string): () => void {
  const fd = openSync(path, O_RDWR | O_NONBLOCK);
  let open = true;
  return () => {
    if (open) closeSync(fd);
    open = false;
  };
}

/** A writer for a FIFO that somebody must be reading. Throws ENXIO when nobody does. */
export function openForReader(path: string): number {
  return openSync(path, O_WRONLY | O_NONBLOCK);
}
