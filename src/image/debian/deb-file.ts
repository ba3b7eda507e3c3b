import { createReadStream } from 'node:fs';
import { extract, type Header } from 'tar-stream';
import { MachineError } from '../../core/errors.ts';

const MAGIC = '!<arch>\n';

/** The still compressed data.tar.xz of a package (deb(5): an ar archive). Throws `IMAGE_BAD_PACKAGE`. */
export function dataTarXz(deb: Buffer, name: string): Buffer {
  if (deb.toString('latin1', 0, 8) !== MAGIC) throw new MachineError('IMAGE_BAD_PACKAGE', `expected ${name} to be a Debian package`);
  for (let at = 8; at + 60 <= deb.length; ) {
    const member = deb
      .toString('latin1', at, at + 16)
      .trim()
      .replace(/\/$/, '');
    const size = Number(deb.toString('latin1', at + 48, at + 58));
    if (member === 'data.tar.xz') return deb.subarray(at + 60, at + 60 + size);
    at += 60 + size + (size % 2);
  }
  throw new MachineError('IMAGE_BAD_PACKAGE', `expected data.tar.xz in ${name}, found none`);
}

export interface TarEntry {
  /** Relative, without `./` and without a trailing slash. */
  readonly path: string;
  readonly header: Header;
  readonly data: Buffer;
}

/** The entries of an uncompressed tar file; contents only of those that `keep` wants. */
export async function* readTar(path: string, keep: (path: string) => boolean): AsyncGenerator<TarEntry> {
  const archive = extract();
  const source = createReadStream(path, { highWaterMark: 1 << 20 });
  source.once('error', (error) => archive.destroy(error));
  source.pipe(archive);
  for await (const entry of archive) {
    const path = entry.header.name.replace(/^(\.?\/)+/, '').replace(/\/+$/, '');
    if (path === '.' || path === '' || !keep(path)) {
      entry.resume();
      continue;
    }
    const parts: Buffer[] = [];
    for await (const part of entry) parts.push(part as Buffer);
    yield { path, header: entry.header, data: Buffer.concat(parts) };
  }
}
