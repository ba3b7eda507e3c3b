import type { StreamName } from '../runtime/task.ts';

export const rawStream = 'application/vnd.docker.raw-stream';
export const multiplexedStream = 'application/vnd.docker.multiplexed-stream';

/** One frame of a multiplexed stream: stream number, three zeros, length (uint32, big endian), data. */
export function frame(stream: StreamName, data: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream === 'stdout' ? 1 : 2;
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

/** Content type of a stream: the multiplexed one has its own name since v1.42. */
export function streamType(tty: boolean, version: number): string {
  return !tty && version >= 42 ? multiplexedStream : rawStream;
}
