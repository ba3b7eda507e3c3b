import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConsoleLog } from '../../../src/supervisor/console-log.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tsm-log-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe("the console's log", () => {
  it('keeps the newest half to one megabyte, in order, for its owner alone', () => {
    const path = join(dir, 'console.log');
    const log = new ConsoleLog(path);
    const lines = Array.from({ length: 40_000 }, (_, number) => `line ${number} ${'x'.repeat(40)}\n`);
    for (const line of lines) log.write(Buffer.from(line));
    const kept = readFileSync(`${path}.1`, 'utf8') + readFileSync(path, 'utf8');
    expect(kept.length).toBeGreaterThan(512 * 1024);
    expect(kept.length).toBeLessThan(1100 * 1024);
    expect(lines.join('').endsWith(kept)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('goes on where an earlier supervisor stopped', () => {
    const path = join(dir, 'console.log');
    new ConsoleLog(path).write(Buffer.from('one '));
    new ConsoleLog(path).write(Buffer.from('two'));
    expect(readFileSync(path, 'utf8')).toBe('one two');
  });

  it('does not fail when the log cannot be moved aside', () => {
    const path = join(dir, 'gone', 'console.log');
    const log = new ConsoleLog(join(dir, 'console.log'));
    expect(() => new ConsoleLog(path)).toThrow(/ENOENT/);
    log.write(Buffer.alloc(600 * 1024));
    rmSync(dir, { recursive: true });
    expect(() => log.write(Buffer.from('x'))).not.toThrow();
  });
});
