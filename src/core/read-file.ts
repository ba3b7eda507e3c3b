import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs';

/**
 * A small file's text. Whatever else stands under that name (a folder, a FIFO nobody writes to, a device without an end, a file
 * of gigabytes) is refused with an error that says what was found; nothing of it is opened for long or read. Read synchronously:
 * commands wait for these files anyway, and node:fs/promises takes 2 ms to load.
 */
export async function readSmallFile(path: string, limit: number): Promise<string> {
  const there = statSync(path);
  if (!there.isFile()) throw new Error(`expected a file, found ${kindOf(there)}`);
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)); // it may have been replaced meanwhile
  try {
    const found = fstatSync(file);
    if (!found.isFile()) throw new Error('expected a file, found something else');
    if (found.size > limit) throw new Error(`expected at most ${limit} bytes, found ${found.size}`);
    return decoded(readFileSync(file));
  } finally {
    closeSync(file);
  }
}

function kindOf(found: Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a pipe';
  if (found.isSocket()) return 'a socket';
  return found.isCharacterDevice() || found.isBlockDevice() ? 'a device' : 'something else';
}

/** UTF-8; a byte order mark, which some editors write, is dropped. */
function decoded(bytes: Buffer): string {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) throw new Error('expected UTF-8, found UTF-16');
  const text = bytes.toString('utf8');
  return text.startsWith('\ufeff') ? text.slice(1) : text;
}
