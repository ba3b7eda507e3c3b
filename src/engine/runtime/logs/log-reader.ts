import { type FileHandle, open } from 'node:fs/promises';
import type { LogEntry, LogWriter } from './log-writer.ts';

export interface ReadLogOptions {
  /** Lines from the end; undefined: all. */
  tail?: number | undefined;
  /** RFC 3339 with nine digits, in UTC, so that texts compare as times. */
  since?: string | undefined;
  until?: string | undefined;
  /** Goes on with what this writer appends until it closes. */
  follow?: LogWriter | undefined;
  signal?: AbortSignal | undefined;
}

const chunkSize = 64 * 1024;

/** The entries of json-file logs, oldest file first. A broken line (a torn write before a power cut) is left out. */
export async function* readLog(paths: readonly string[], options: ReadLogOptions): AsyncGenerator<LogEntry[]> {
  const accepts = (entry: LogEntry): boolean => options.since === undefined || entry.time >= options.since;
  const current = paths.at(-1);
  let offset = 0;
  if (options.tail !== undefined) {
    const last: LogEntry[] = [];
    for (const path of paths) offset = await lastLines(path, options.tail, (entry) => void last.push(entry));
    const kept = last.filter(accepts).slice(options.tail === 0 ? last.length : -options.tail);
    const wanted = beforeUntil(kept, options.until);
    if (wanted.entries.length > 0) yield wanted.entries;
    if (wanted.done) return;
  } else {
    for (const path of paths) {
      for await (const part of readFrom(path, 0)) {
        offset = part.offset;
        const wanted = beforeUntil(part.entries.filter(accepts), options.until);
        if (wanted.entries.length > 0) yield wanted.entries;
        if (wanted.done) return;
      }
      if (path !== current) offset = 0;
    }
  }
  if (options.follow !== undefined && current !== undefined) yield* follow(current, offset, options.follow, options, accepts);
}

async function* follow(
  path: string,
  start: number,
  writer: LogWriter,
  options: ReadLogOptions,
  accepts: (entry: LogEntry) => boolean,
): AsyncGenerator<LogEntry[]> {
  let offset = start;
  for (;;) {
    const ended = writer.closed;
    const changed = change(writer, options.signal);
    for await (const part of readFrom(path, offset)) {
      offset = part.offset;
      const wanted = beforeUntil(part.entries.filter(accepts), options.until);
      if (wanted.entries.length > 0) yield wanted.entries;
      if (wanted.done) return;
    }
    if (ended || options.signal?.aborted === true) return;
    await changed;
  }
}

function change(writer: LogWriter, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((done) => {
    const finish = (): void => {
      writer.removeListener('append', finish);
      writer.removeListener('close', finish);
      signal?.removeEventListener('abort', finish);
      done();
    };
    if (writer.closed || signal?.aborted === true) return done();
    writer.once('append', finish);
    writer.once('close', finish);
    signal?.addEventListener('abort', finish);
  });
}

function beforeUntil(entries: LogEntry[], until: string | undefined): { entries: LogEntry[]; done: boolean } {
  if (until === undefined) return { entries, done: false };
  const cut = entries.findIndex((entry) => entry.time > until);
  return cut < 0 ? { entries, done: false } : { entries: entries.slice(0, cut), done: true };
}

/** Complete lines from an offset to the end, and the offset after them; a file that got shorter was rotated and is read anew. */
async function* readFrom(path: string, start: number): AsyncGenerator<{ entries: LogEntry[]; offset: number }> {
  const file = await openIfThere(path);
  if (file === undefined) return;
  try {
    let offset = (await file.stat()).size < start ? 0 : start;
    let rest = Buffer.alloc(0);
    for (;;) {
      const buffer = Buffer.allocUnsafe(chunkSize);
      const { bytesRead } = await file.read(buffer, 0, chunkSize, offset + rest.length);
      if (bytesRead === 0) return;
      const data = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      const end = data.lastIndexOf(10) + 1;
      rest = data.subarray(end);
      offset += end;
      if (end > 0) yield { entries: parseLines(data.toString('utf8', 0, end)), offset };
    }
  } finally {
    await file.close();
  }
}

/** Reads the last lines backwards; returns the offset of the end of the last complete line. */
async function lastLines(path: string, count: number, add: (entry: LogEntry) => void): Promise<number> {
  const file = await openIfThere(path);
  if (file === undefined) return 0;
  try {
    const { size } = await file.stat();
    let start = size;
    let data = Buffer.alloc(0);
    while (start > 0 && countNewlines(data) <= count) {
      const length = Math.min(chunkSize, start);
      start -= length;
      const buffer = Buffer.allocUnsafe(length);
      const { bytesRead } = await file.read(buffer, 0, length, start);
      data = Buffer.concat([buffer.subarray(0, bytesRead), data]);
    }
    const end = data.lastIndexOf(10) + 1;
    const lines = data.toString('utf8', start > 0 ? data.indexOf(10) + 1 : 0, end);
    if (count > 0) for (const entry of parseLines(lines).slice(-count)) add(entry);
    return start + end;
  } finally {
    await file.close();
  }
}

function countNewlines(data: Buffer): number {
  let count = 0;
  for (let at = data.indexOf(10); at >= 0; at = data.indexOf(10, at + 1)) count++;
  return count;
}

function parseLines(text: string): LogEntry[] {
  return text.split('\n').flatMap((line) => {
    if (line === '') return [];
    try {
      const entry = JSON.parse(line) as LogEntry;
      return typeof entry.log === 'string' && typeof entry.time === 'string' ? [entry] : [];
    } catch {
      return [];
    }
  });
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
