/** A ustar archive (POSIX.1-1988) of plain files: all 0600, owned by root, time zero, in the order given. */
export function tarOf(files: ReadonlyMap<string, Uint8Array>): Buffer {
  const parts = [...files].flatMap(([name, content]) => [header(name, content.length), content, Buffer.alloc(padding(content.length))]);
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

export interface TarEntry {
  readonly name: string;
  /** Bytes `content` gives. */
  readonly size: number;
  readonly content: AsyncIterable<Uint8Array>;
}

/** The same archive piece by piece, for files that are too big to hold. */
export async function* tarStream(entries: Iterable<TarEntry>): AsyncGenerator<Uint8Array> {
  for (const { name, size, content } of entries) {
    yield header(name, size);
    yield* content;
    yield Buffer.alloc(padding(size));
  }
  yield Buffer.alloc(2 * BLOCK);
}

const BLOCK = 512;

function padding(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}

function header(name: string, size: number): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`a name of at most 100 bytes was expected, found ${name}`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, width: number) => block.write(`${value.toString(8).padStart(width - 1, '0')}\0`, offset);
  block.write(name, 0);
  octal(0o600, 100, 8);
  octal(0, 108, 8); // owner
  octal(0, 116, 8); // group
  octal(size, 124, 12);
  octal(0, 136, 12); // time
  block.write('        ', 148); // the checksum counts itself as blanks
  block.write('0', 156); // a plain file
  block.write('ustar\0', 257);
  block.write('00', 263);
  block.write('root', 265);
  block.write('root', 297);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}
