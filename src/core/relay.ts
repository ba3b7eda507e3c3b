import type { Duplex } from 'node:stream';

/**
 * Joins two connections, each made with `allowHalfOpen`: what comes in on one goes out on the other, the end of one direction
 * leaves the other open (`docker run -i` sends its end of input and goes on reading). When one breaks, so does the other.
 */
export function relay(one: Duplex, other: Duplex): void {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    from.on('error', () => to.destroy());
    from.once('close', () => {
      if (!from.readableEnded) to.destroy();
    });
    from.pipe(to);
  }
}
