import { EventEmitter } from 'node:events';
import { closeSync, existsSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import type { StreamName } from '../task.ts';

/** One line of a json-file log. `time` is RFC 3339 with nanoseconds. */
export interface LogEntry {
  log: string;
  stream: StreamName;
  time: string;
}

export interface LogLimits {
  /** Bytes of a file before it is rotated; 0: never. */
  maxSize: number;
  /** Files kept in all. */
  maxFiles: number;
}

/** Longer lines are cut, as dockerd's copier does. */
const longestLine = 16 * 1024;

/** Writes a container's output as Docker's json-file driver does: one JSON object a line. Emits `append`. */
export class LogWriter extends EventEmitter<{ append: []; close: [] }> {
  readonly path: string;
  readonly #limits: LogLimits;
  readonly #now: () => string;
  readonly #rest: Record<StreamName, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  #fd: number;
  #size: number;
  closed = false;

  constructor(path: string, limits: LogLimits, now: () => string) {
    super();
    this.setMaxListeners(0);
    this.path = path;
    this.#limits = limits;
    this.#now = now;
    this.#fd = openSync(path, 'a', 0o640);
    this.#size = statSync(path).size;
  }

  /** Written when it returns: a killed engine loses nothing it has read. */
  write(stream: StreamName, data: Buffer): void {
    const all = this.#rest[stream].length === 0 ? data : Buffer.concat([this.#rest[stream], data]);
    const end = all.lastIndexOf(10) + 1;
    const lines: string[] = [];
    if (end > 0) {
      const texts = all.toString('utf8', 0, end - 1).split('\n');
      // A character has three bytes at most for one unit of the text, so shorter ones need no cut.
      if (texts.every((text) => text.length * 3 < longestLine)) for (const text of texts) lines.push(this.#line(stream, `${text}\n`));
      else this.#cut(stream, all.subarray(0, end), lines);
    }
    this.#rest[stream] = this.#cut(stream, all.subarray(end), lines);
    this.#append(lines);
  }

  /** Lines of at most 16 KiB; gives back what is left without a newline. */
  #cut(stream: StreamName, data: Buffer, lines: string[]): Buffer {
    let rest = data;
    for (;;) {
      const newline = rest.subarray(0, longestLine).indexOf(10);
      const end = newline >= 0 ? newline + 1 : rest.length >= longestLine ? longestLine : 0;
      if (end === 0) return rest;
      lines.push(this.#line(stream, rest.toString('utf8', 0, end)));
      rest = rest.subarray(end);
    }
  }

  /** Writes what has no newline yet. */
  close(): void {
    if (this.closed) return;
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#rest[stream].length > 0) this.#append([this.#line(stream, this.#rest[stream].toString('utf8'))]);
    }
    this.closed = true;
    closeSync(this.#fd);
    this.emit('close');
  }

  #line(stream: StreamName, text: string): string {
    return `{"log":${JSON.stringify(text)},"stream":"${stream}","time":"${this.#now()}"}\n`;
  }

  #append(lines: string[]): void {
    if (lines.length === 0) return;
    const data = Buffer.from(lines.join(''));
    if (this.#limits.maxSize > 0 && this.#size > 0 && this.#size + data.length > this.#limits.maxSize) this.#rotate();
    try {
      writeSync(this.#fd, data);
      this.#size += data.length;
    } catch {
      // A full disk must not stop the container; the lines are lost, as with dockerd.
    }
    this.emit('append');
  }

  #rotate(): void {
    closeSync(this.#fd);
    const name = (index: number): string => (index === 0 ? this.path : `${this.path}.${index}`);
    rmSync(name(this.#limits.maxFiles - 1), { force: true });
    for (let index = this.#limits.maxFiles - 2; index >= 0; index--) {
      if (existsSync(name(index))) renameSync(name(index), name(index + 1));
    }
    this.#fd = openSync(this.path, 'a', 0o640);
    this.#size = 0;
  }
}

/** `max-size` and `max-file` of the json-file driver. Throws Error with the driver's words. */
export function readLogLimits(options: Readonly<Record<string, string>>): LogLimits {
  const files = options['max-file'] ?? '1';
  if (!/^\d+$/.test(files) || Number(files) < 1) throw new Error('max-file cannot be less than 1');
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(options['max-size'] ?? '-1');
  if (options['max-size'] !== undefined && options['max-size'] !== '-1' && match === null)
    throw new Error(`invalid size: '${options['max-size']}'`);
  const power = { '': 0, k: 1, m: 2, g: 3, t: 4 }[(match?.[2] ?? '').toLowerCase()] ?? 0;
  return { maxSize: match === null ? 0 : Math.floor(Number(match[1]) * 1024 ** power), maxFiles: Number(files) };
}
