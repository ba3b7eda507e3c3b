import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ReadLogOptions, readLog } from '../../../src/engine/runtime/logs/log-reader.ts';
import { LogWriter, readLogLimits } from '../../../src/engine/runtime/logs/log-writer.ts';

let folder: string;
let path: string;
let second = 0;
const now = (): string => `2026-01-01T00:00:${String(second++).padStart(2, '0')}.000000000Z`;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'engine-logs-'));
  path = join(folder, 'log');
  second = 0;
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const writer = (limits = { maxSize: 0, maxFiles: 1 }): LogWriter => new LogWriter(path, limits, now);

async function read(options: ReadLogOptions = {}, paths = [path]): Promise<string[]> {
  const found: string[] = [];
  for await (const entries of readLog(paths, options)) found.push(...entries.map(({ log, stream }) => `${stream}:${log}`));
  return found;
}

describe('what a container writes', () => {
  test('is kept line by line, streams apart, the rest at the end', async () => {
    const log = writer();
    log.write('stdout', Buffer.from('one\ntw'));
    log.write('stderr', Buffer.from('err\n'));
    log.write('stdout', Buffer.from('o\n\nrest'));
    expect(await read()).toEqual(['stdout:one\n', 'stderr:err\n', 'stdout:two\n', 'stdout:\n']);
    log.close();
    expect((await read()).at(-1)).toBe('stdout:rest');
    expect(JSON.parse(readFileSync(path, 'utf8').split('\n', 1)[0] ?? '')).toEqual({
      log: 'one\n',
      stream: 'stdout',
      time: '2026-01-01T00:00:00.000000000Z',
    });
  });

  test('is cut at 16 KiB a line and never inside of a character that came in two parts', async () => {
    const log = writer();
    log.write('stdout', Buffer.from(`${'x'.repeat(20_000)}\n`));
    const euro = Buffer.from('€\n');
    log.write('stdout', euro.subarray(0, 1));
    log.write('stdout', euro.subarray(1));
    expect((await read()).map((line) => line.length)).toEqual([7 + 16_384, 7 + 20_000 - 16_384 + 1, 7 + 2]);
  });

  test('is rotated by size, oldest files go', async () => {
    const log = writer({ maxSize: 200, maxFiles: 3 });
    for (let index = 0; index < 20; index++) log.write('stdout', Buffer.from(`line ${index}\n`));
    log.close();
    expect(readdirSync(folder).sort()).toEqual(['log', 'log.1', 'log.2']);
    const kept = await read({}, [`${path}.2`, `${path}.1`, path]);
    expect(kept.at(-1)).toBe('stdout:line 19\n');
    expect(kept.length).toBeLessThan(10);
  });
});

describe('reading', () => {
  test('the tail, a span of time, and both', async () => {
    const log = writer();
    for (let index = 0; index < 10; index++) log.write('stdout', Buffer.from(`${index}\n`));
    const at = (index: number): string => `2026-01-01T00:00:0${index}.000000000Z`;
    expect(await read({ tail: 2 })).toEqual(['stdout:8\n', 'stdout:9\n']);
    expect(await read({ tail: 0 })).toEqual([]);
    expect(await read({ tail: 100 })).toHaveLength(10);
    expect(await read({ since: at(7) })).toEqual(['stdout:7\n', 'stdout:8\n', 'stdout:9\n']);
    expect(await read({ until: at(1) })).toEqual(['stdout:0\n', 'stdout:1\n']);
    expect(await read({ since: at(3), until: at(4) })).toEqual(['stdout:3\n', 'stdout:4\n']);
    expect(await read({ tail: 3, until: at(8) })).toEqual(['stdout:7\n', 'stdout:8\n']);
  });

  test('a long log backwards gives the same as forwards', async () => {
    const log = writer();
    for (let index = 0; index < 5000; index++) log.write('stdout', Buffer.from(`line ${index}\n`));
    const all = await read();
    expect(all).toHaveLength(5000);
    expect(await read({ tail: 3000 })).toEqual(all.slice(-3000));
  });

  test('follows until the writer closes, without a gap', async () => {
    const log = writer();
    log.write('stdout', Buffer.from('before\n'));
    const following = read({ follow: log });
    for (let index = 0; index < 100; index++) {
      log.write('stdout', Buffer.from(`${index}\n`));
      if (index % 7 === 0) await new Promise((done) => setImmediate(done));
    }
    log.close();
    expect(await following).toEqual(['stdout:before\n', ...Array.from({ length: 100 }, (_unused, index) => `stdout:${index}\n`)]);
  });

  test('a line torn by a power cut is left out, a file that is not there is empty', async () => {
    const log = writer();
    log.write('stdout', Buffer.from('good\n'));
    log.close();
    appendFileSync(path, '{"log":"torn');
    expect(await read()).toEqual(['stdout:good\n']);
    writeFileSync(path, 'garbage\n{"log":1}\n');
    expect(await read({ tail: 5 })).toEqual([]);
    expect(await read({}, [join(folder, 'nothing')])).toEqual([]);
  });
});

test('limits are read as Docker reads them', () => {
  expect(readLogLimits({})).toEqual({ maxSize: 0, maxFiles: 1 });
  expect(readLogLimits({ 'max-size': '10m', 'max-file': '3' })).toEqual({ maxSize: 10 * 1024 * 1024, maxFiles: 3 });
  expect(() => readLogLimits({ 'max-file': '0' })).toThrow('max-file cannot be less than 1');
  expect(() => readLogLimits({ 'max-size': 'x' })).toThrow("invalid size: 'x'");
});
