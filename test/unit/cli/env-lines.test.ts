import { describe, expect, it } from 'vitest';
import { engineVariables, environmentLines } from '../../../src/cli/actions/env-lines.ts';
import type { Platform } from '../../../src/host/platform.ts';

const FACTS = { name: 'myhost', url: 'tcp://127.0.0.1:2376', certPath: 'C:\\Users\\Ann Lee\\.docker\\machine\\machines\\myhost' };
const windows: Platform = { os: 'win32', arch: 'x64', env: {}, home: 'C:\\Users\\Ann Lee', uid: undefined };
const PROGRAM = 'C:\\Program Files\\tsmachine\\tsmachine.exe';

describe('env on Windows', () => {
  const lines = (shell: string) => environmentLines(shell, engineVariables(windows, FACTS), [PROGRAM, 'env', '--shell', shell, 'myhost']);

  it('in PowerShell', () => {
    expect(lines('powershell')).toEqual([
      '$Env:DOCKER_TLS_VERIFY = "1"',
      '$Env:DOCKER_HOST = "tcp://127.0.0.1:2376"',
      '$Env:DOCKER_CERT_PATH = "C:\\Users\\Ann Lee\\.docker\\machine\\machines\\myhost"',
      '$Env:DOCKER_MACHINE_NAME = "myhost"',
      '$Env:COMPOSE_CONVERT_WINDOWS_PATHS = "true"',
      '# Run this command to configure your shell: ',
      '# & "C:\\Program Files\\tsmachine\\tsmachine.exe" env --shell powershell myhost | Invoke-Expression',
    ]);
  });

  it('in cmd', () => {
    expect(lines('cmd').slice(2)).toEqual([
      'SET DOCKER_CERT_PATH=C:\\Users\\Ann Lee\\.docker\\machine\\machines\\myhost',
      'SET DOCKER_MACHINE_NAME=myhost',
      'SET COMPOSE_CONVERT_WINDOWS_PATHS=true',
      'REM Run this command to configure your shell: ',
      `REM \t@FOR /f "tokens=*" %i IN ('"C:\\Program Files\\tsmachine\\tsmachine.exe" env --shell cmd myhost') DO @%i`,
    ]);
  });

  it('in Git Bash', () => {
    expect(lines('bash')[2]).toBe('export DOCKER_CERT_PATH="C:\\Users\\Ann Lee\\.docker\\machine\\machines\\myhost"');
    expect(lines('bash').at(-1)).toBe('# eval $("C:\\Program Files\\tsmachine\\tsmachine.exe" env --shell bash myhost)');
  });
});

it('adds the address to the no-proxy list in use', () => {
  const platform: Platform = { os: 'linux', arch: 'x64', env: { no_proxy: 'a' }, home: '/h', uid: 0 };
  expect(engineVariables(platform, { ...FACTS, noProxyAddress: '10.0.0.1' }).at(-1)).toEqual(['no_proxy', 'a,10.0.0.1']);
});
