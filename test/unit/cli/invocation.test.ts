import { describe, expect, it } from 'vitest';
import { invocationWords } from '../../../src/cli/invocation.ts';

/** A computer with these files: path → real path. */
function words(os: NodeJS.Platform, script: string, env: Record<string, string>, files: Record<string, string>) {
  const platform = { os, arch: 'x64', env, home: '/h', uid: 0 } as const;
  const execPath = os === 'win32' ? 'C:\\node\\node.exe' : '/usr/bin/node';
  return invocationWords({ platform, execPath, script, realPath: (path) => files[path] });
}

const LAUNCHER = '/usr/lib/node_modules/tsmachine/dist/bin/tsmachine.cjs';

describe('invocationWords', () => {
  it('is the bare name when PATH leads to the same file', () => {
    const files = { '/usr/bin/tsmachine': LAUNCHER, [LAUNCHER]: LAUNCHER };
    expect(words('linux', '/usr/bin/tsmachine', { PATH: '/bin:/usr/bin' }, files)).toEqual(['tsmachine']);
  });

  it('is the path when PATH leads to another one', () => {
    const files = { '/opt/tsmachine': '/other', '/home/u/tsmachine': LAUNCHER };
    expect(words('linux', '/home/u/tsmachine', { PATH: '/opt' }, files)).toEqual(['/home/u/tsmachine']);
    expect(words('darwin', '/home/u/docker-machine', { PATH: '/opt' }, { '/home/u/docker-machine': LAUNCHER })).toEqual([
      '/home/u/docker-machine',
    ]);
  });

  it('keeps a name we were linked as', () => {
    const files = { '/usr/bin/docker-machine': LAUNCHER };
    expect(words('linux', '/usr/bin/docker-machine', { PATH: '/usr/bin' }, files)).toEqual(['docker-machine']);
  });

  it('runs the launcher by node when that is how it was called', () => {
    expect(words('linux', LAUNCHER, { PATH: '/usr/bin' }, { [LAUNCHER]: LAUNCHER })).toEqual(['/usr/bin/node', LAUNCHER]);
  });

  it('stays npx where only npx finds us', () => {
    const env = { PATH: '/c/node_modules/.bin:/usr/bin', npm_lifecycle_event: 'npx' };
    const run = (script: string) =>
      words(
        'linux',
        '/c/node_modules/.bin/tsmachine',
        { ...env, npm_lifecycle_script: script },
        { '/c/node_modules/.bin/tsmachine': LAUNCHER },
      );
    expect(run("'tsmachine'")).toEqual(['npx', 'tsmachine']);
    expect(run('"tsmachine" "env"')).toEqual(['npx', 'tsmachine']);
    expect(run("'vitest' run")).toEqual(['tsmachine']);
  });

  it('finds npm shims on Windows', () => {
    const script = 'C:\\Users\\u\\AppData\\npm\\node_modules\\tsmachine\\dist\\bin\\tsmachine.cjs';
    const shim = 'C:\\Users\\u\\AppData\\npm\\tsmachine.cmd';
    const env = { Path: 'C:\\Windows;C:\\Users\\u\\AppData\\npm' };
    expect(words('win32', script, env, { [script]: script, [shim]: shim })).toEqual(['tsmachine']);
    expect(words('win32', script, { Path: 'C:\\Windows' }, { [script]: script })).toEqual(['C:\\node\\node.exe', script]);
  });

  it('names a Windows program by its path unless PATH has it', () => {
    const exe = 'C:\\Program Files\\tsmachine\\tsmachine.exe';
    expect(words('win32', exe, { Path: 'C:\\Windows' }, { [exe]: exe })).toEqual([exe]);
    expect(words('win32', exe, { Path: 'C:\\Program Files\\tsmachine' }, { [exe]: exe })).toEqual(['tsmachine']);
  });
});
