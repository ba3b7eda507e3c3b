import type { Duplex } from 'node:stream';
import { isHungUp } from '../syscalls/hang-up.ts';

const interval = 500;

/** Closes a hijacked connection whose client has sent its end and then went away, before something is written to it. */
export function closeOnHangUp(stream: Duplex): void {
  stream.once('end', () => {
    const { fd } = (stream as { _handle?: { fd?: number } })._handle ?? {};
    if (fd === undefined || fd < 0) return;
    const timer = setInterval(() => {
      if (!stream.destroyed && isHungUp(fd)) stream.destroy();
    }, interval);
    timer.unref();
    stream.once('close', () => clearInterval(timer));
  });
}
