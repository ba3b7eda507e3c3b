import { type Duplex, Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { internal } from '../errors.ts';

const CHUNK = 256 * 1024;

/** By the first bytes, as dockerd does: media types lie and `docker load` has none. */
function decoderFor(start: Buffer): Duplex | undefined {
  const hex = start.toString('hex', 0, 6);
  if (hex.startsWith('1f8b08')) return createGunzip({ chunkSize: CHUNK });
  if (hex.startsWith('28b52ffd')) return createZstdDecompress({ chunkSize: CHUNK });
  if (hex.startsWith('fd377a585a00')) throw internal('xz compressed archives are not supported: use gzip, zstd or none');
  if (hex.startsWith('425a68')) throw internal('bzip2 compressed archives are not supported: use gzip, zstd or none');
  return undefined;
}

/** The plain bytes of a stream that is gzip, zstd or nothing. Errors of the source and of the decoder reach the reader. */
export async function decompress(source: AsyncIterable<Buffer>): Promise<AsyncIterable<Buffer>> {
  const iterator = source[Symbol.asyncIterator]();
  const head: Buffer[] = [];
  let length = 0;
  let done = false;
  while (length < 6 && !done) {
    const next = await iterator.next();
    if (next.done) done = true;
    else {
      head.push(next.value);
      length += next.value.length;
    }
  }
  const start = Buffer.concat(head);
  const whole = joined(start, iterator, done);
  const decoder = decoderFor(start);
  if (!decoder) return whole;
  const input = Readable.from(whole, { objectMode: false, highWaterMark: CHUNK });
  input.once('error', (error) => decoder.destroy(error));
  decoder.once('close', () => input.destroy());
  return input.pipe(decoder);
}

async function* joined(start: Buffer, rest: AsyncIterator<Buffer>, done: boolean): AsyncGenerator<Buffer> {
  try {
    if (start.length > 0) yield start;
    if (done) return;
    for (;;) {
      const next = await rest.next();
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await rest.return?.();
  }
}
