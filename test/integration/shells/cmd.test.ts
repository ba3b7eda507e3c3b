import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dialectOf, hintLines } from '../../../src/shells/index.ts';
import { requireProgram } from './real-shells.ts';

/**
 * Wine's cmd. Wine 8 (Debian 12) cannot run the documented `DO @%i` for a value with a blank, so the loop splits SET off itself;
 * both put the rest in place after special characters were looked for.
 */
const LOOP = ['@echo off', `FOR /f "tokens=1*" %%y IN ('cmd /c type lines.txt') DO if /i "%%y"=="SET" set %%z`, 'set VALUE', ''].join(
  '\r\n',
);

const VALUES = [
  'plain',
  'C:\\Users\\me\\.docker\\machine\\machines\\myhost',
  'C:\\Program Files\\my docker',
  '100% of %PATH%',
  '%i',
  'a & echo PWNED>PWNED & b',
  'a | echo PWNED>PWNED',
  'a > PWNED',
  '^caret^ & (parens) <x>',
  'bang! !PATH!',
  '; , = +',
  "it's `id` $(touch PWNED)",
  '*',
  'two  blanks',
  'blank at the end ',
];

let root: string;

beforeAll(() => {
  requireProgram('wine', 'wine');
  root = mkdtempSync(join(tmpdir(), 'tsmachine-wine-'));
});
afterAll(() => {
  spawnSync('wine', ['wineboot', '--kill'], { env: wineEnv(), stdio: 'ignore' });
  rmSync(root, { recursive: true, force: true, maxRetries: 10 });
});

const wineEnv = () => ({ PATH: process.env.PATH, HOME: join(root, 'home'), WINEPREFIX: join(root, 'prefix'), WINEDEBUG: '-all' });

const dialect = dialectOf('cmd');

function wine(batch: string, lines: string): { output: string; left: string[] } {
  const cwd = mkdtempSync(join(root, 'run-'));
  mkdirSync(join(root, 'home'), { recursive: true });
  writeFileSync(join(cwd, 'lines.txt'), lines);
  writeFileSync(join(cwd, 'run.bat'), batch);
  // To a file: Wine's services keep a pipe open for seconds after the program's end.
  const output = openSync(join(cwd, 'output'), 'w');
  spawnSync('wine', ['cmd', '/c', 'run.bat'], { cwd, env: wineEnv(), stdio: ['ignore', output, 'ignore'], timeout: 60_000 });
  closeSync(output);
  const known = ['lines.txt', 'run.bat', 'output'];
  return { output: readFileSync(join(cwd, 'output'), 'utf8'), left: readdirSync(cwd).filter((name) => !known.includes(name)) };
}

describe('cmd', () => {
  it.each(VALUES)('carries %j as it is', (value) => {
    const lines = `${[dialect.set('VALUE', value), ...hintLines(dialect, ['tsmachine', 'env', 'm'])].join('\n')}\n`;
    const { output, left } = wine(LOOP, lines);
    expect(output).toBe(`VALUE=${value}\r\n`);
    expect(left).toEqual([]);
  });

  it.each(VALUES)('runs no code when its line for %j is saved as a batch file', (value) => {
    expect(wine(`@echo off\r\n${dialect.set('VALUE', value)}\r\n`, '').left).toEqual([]);
  });

  it.each(['a"b', 'line\nbreak', 'tab\t'])('refuses %j', (value) => {
    expect(() => dialect.set('VALUE', value)).toThrow(expect.objectContaining({ code: 'SHELL_CANNOT_CARRY' }));
  });
});
