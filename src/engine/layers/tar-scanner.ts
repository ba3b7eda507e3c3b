import { internal } from '../errors.ts';

const BLOCK = 512;
/** A pax header or a GNU long name is never near this; a hostile one must not fill the memory. */
const META_LIMIT = 1 << 20;

export interface TarEntry {
  name: string;
  /** ustar type flag: `0` file, `1` hard link, `2` symlink, `3` `4` devices, `5` directory, `6` FIFO. */
  type: string;
  /** Bytes of content. */
  size: number;
  linkName: string;
}

/**
 * Reads the headers of a tar stream (ustar, pax, GNU names and sparse files) as its bytes pass by, chunk by chunk, and
 * tells each entry. Content is not copied. Throws EngineError 500 in Go's words for what is no tar.
 */
export class TarScanner {
  readonly #onEntry: (entry: TarEntry) => void;
  #partial: Buffer[] = [];
  #partialLength = 0;
  #skip = 0;
  #meta: { type: string; size: number } | undefined;
  #path: string | undefined;
  #link: string | undefined;
  #size: number | undefined;
  #sparse = false;
  #sparseBody = 0;
  #ended = false;

  constructor(onEntry: (entry: TarEntry) => void) {
    this.#onEntry = onEntry;
  }

  push(chunk: Buffer): void {
    let at = 0;
    while (at < chunk.length && !this.#ended) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, chunk.length - at);
        this.#skip -= step;
        at += step;
        continue;
      }
      const wanted = (this.#meta ? this.#meta.size : BLOCK) - this.#partialLength;
      const part = chunk.subarray(at, at + wanted);
      this.#partial.push(part);
      this.#partialLength += part.length;
      at += part.length;
      if (part.length === wanted) this.#complete();
    }
  }

  /** To be called after the last chunk: throws when the stream stopped in the middle of an entry. */
  end(): void {
    const inEntry = this.#skip > 0 || this.#partialLength > 0 || this.#meta !== undefined || this.#sparse;
    if (!this.#ended && inEntry) throw internal('unexpected EOF');
  }

  #complete(): void {
    const data = this.#partial.length === 1 ? (this.#partial[0] as Buffer) : Buffer.concat(this.#partial);
    this.#partial = [];
    this.#partialLength = 0;
    if (this.#meta) this.#takeMeta(this.#meta.type, data);
    else if (this.#sparse) this.#takeSparseMap(data);
    else this.#takeHeader(data);
  }

  #takeHeader(block: Buffer): void {
    if (block.every((byte) => byte === 0)) {
      this.#ended = true;
      return;
    }
    checkSum(block);
    const type = block[156] === 0 ? '0' : String.fromCharCode(block[156] ?? 0);
    const size = number(block.subarray(124, 136));
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      if (size > META_LIMIT) throw internal('archive/tar: header field too long');
      if (size > 0) this.#meta = { type, size };
      return;
    }
    this.#entry(block, type, size);
  }

  #entry(block: Buffer, type: string, headerSize: number): void {
    const size = /[1-6]/.test(type) ? 0 : (this.#size ?? headerSize);
    const ustar = block.toString('latin1', 257, 263) === 'ustar\0';
    const prefix = ustar ? text(block, 345, 155) : '';
    const name = this.#path ?? (prefix ? `${prefix}/${text(block, 0, 100)}` : text(block, 0, 100));
    const linkName = this.#link ?? text(block, 157, 100);
    const realSize = type === 'S' ? number(block.subarray(483, 495)) : size;
    this.#path = this.#link = this.#size = undefined;
    if (type === 'S' && block[482] !== 0) {
      this.#sparse = true;
      this.#sparseBody = size;
    } else this.#skip = padded(size);
    this.#onEntry({ name, type: type === '7' || type === 'S' ? '0' : type, size: realSize, linkName });
  }

  /** GNU sparse files: further blocks of the map come before the content. */
  #takeSparseMap(block: Buffer): void {
    if (block[504] !== 0) return;
    this.#sparse = false;
    this.#skip = padded(this.#sparseBody);
  }

  #takeMeta(type: string, data: Buffer): void {
    this.#meta = undefined;
    this.#skip = padded(data.length) - data.length;
    if (type === 'L') this.#path = text(data, 0, data.length);
    else if (type === 'K') this.#link = text(data, 0, data.length);
    else if (type === 'x') {
      for (const [key, value] of paxRecords(data)) {
        if (key === 'path' || key === 'GNU.sparse.name') this.#path = value;
        else if (key === 'linkpath') this.#link = value;
        else if (key === 'size') this.#size = Number(value);
      }
    }
  }
}

const padded = (size: number): number => Math.ceil(size / BLOCK) * BLOCK;

function text(block: Buffer, start: number, length: number): string {
  const field = block.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end < 0 ? field.length : end);
}

/** Octal text, or GNU's base-256 when the first bit is set. */
function number(field: Buffer): number {
  if (((field[0] ?? 0) & 0x80) !== 0) {
    const value = Number(BigInt(`0x${field.toString('hex')}`) & ((1n << BigInt(field.length * 8 - 1)) - 1n));
    if (!Number.isSafeInteger(value)) throw internal('archive/tar: invalid tar header');
    return value;
  }
  const digits = field.toString('latin1').replaceAll('\0', ' ').trim();
  if (digits === '') return 0;
  if (!/^[0-7]+$/.test(digits)) throw internal('archive/tar: invalid tar header');
  return Number.parseInt(digits, 8);
}

function checkSum(block: Buffer): void {
  let sum = 8 * 32;
  for (let index = 0; index < BLOCK; index += 1) {
    if (index < 148 || index >= 156) sum += block[index] ?? 0;
  }
  if (number(block.subarray(148, 156)) !== sum) throw internal('archive/tar: invalid tar header');
}

/** `LENGTH KEY=VALUE\n` records (POSIX pax). */
function* paxRecords(data: Buffer): Generator<[string, string]> {
  let at = 0;
  while (at < data.length && data[at] !== 0) {
    const space = data.indexOf(0x20, at);
    const length = Number(data.toString('latin1', at, space < 0 ? at : space));
    if (!Number.isInteger(length) || length <= space - at || at + length > data.length) throw internal('archive/tar: invalid tar header');
    const record = data.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    yield [record.slice(0, equals), record.slice(equals + 1)];
    at += length;
  }
}
