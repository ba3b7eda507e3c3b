import { describe, expect, it } from 'vitest';
import { commandLineOf, identifyProcess, isAlive, type ProcessProbe } from '../../../src/host/process-identity.ts';

/** Answers by the text that stands in the command line. */
const probe = (os: NodeJS.Platform, answers: Record<string, string>): ProcessProbe => ({
  platform: { os },
  runner: {
    async run(file, args) {
      const line = [file, ...args].join(' ');
      const found = Object.entries(answers).find(([part]) => line.includes(part));
      return { exitCode: found ? 0 : 1, stdout: found?.[1] ?? '', stderr: '' };
    },
  },
});

describe('the identity of a process', () => {
  it('on Linux is its start in this boot', async () => {
    const linux = probe('linux', {});
    const us = await identifyProcess(process.pid, linux);
    expect(us?.started).toMatch(/^[0-9a-f-]{36}:\d+$/);
    expect(us && (await isAlive(us, linux))).toBe(true);
    expect(us && (await isAlive({ ...us, started: us.started.replace(/^./, (c) => (c === '0' ? '1' : '0')) }, linux))).toBe(false);
    expect(await commandLineOf(process.pid, linux)).toContain('node');
  });

  it.each([0, -1, Number.NaN, 1.5, 2 ** 40])('of %s is none', async (pid) => {
    expect(await identifyProcess(pid, probe('linux', {}))).toBeUndefined();
  });

  it('on macOS is what ps says of its start; a zombie is none', async () => {
    const mac = probe('darwin', { 'stat=,lstart= -p 42': 'S    Sat Nov 21 04:00:01 2026\n', '-p 43': 'Z    Sat Nov 21 04:00:01 2026\n' });
    expect(await identifyProcess(42, mac)).toEqual({ pid: 42, started: 'Sat Nov 21 04:00:01 2026' });
    expect(await identifyProcess(43, mac)).toBeUndefined();
    expect(await identifyProcess(44, mac)).toBeUndefined();
    expect(await commandLineOf(42, probe('darwin', { 'command= -p 42': 'qemu -uuid x\n' }))).toBe('qemu -uuid x');
  });

  it('on Windows is what PowerShell says of its start', async () => {
    const windows = probe('win32', { '(Get-Process -Id 42).StartTime': '134087328010000000\r\n' });
    expect(await identifyProcess(42, windows)).toEqual({ pid: 42, started: '134087328010000000' });
    expect(await identifyProcess(43, windows)).toBeUndefined();
  });
});
