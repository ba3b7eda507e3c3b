import { describe, expect, it } from 'vitest';
import { MachineError } from '../../../src/core/errors.ts';
import type { ProcessRunner } from '../../../src/host/process-runner.ts';
import { download, findMirrors } from '../../../src/image/debian/archive.ts';

const apt = (stdout: string): ProcessRunner => ({ run: async () => ({ exitCode: 0, stdout, stderr: '' }) });
const noApt: ProcessRunner = {
  run: async (file) => {
    throw new MachineError('PROGRAM_NOT_FOUND', `${file} is not installed`);
  },
};

describe('findMirrors', () => {
  it('takes them from apt’s configuration', async () => {
    const lines = [
      'http://mirror.example/debian/ bookworm main Debian',
      'http://mirror.example/debian/ bookworm-updates main Debian',
      'http://sec.example/debian-security/ bookworm-security main',
      '',
    ];
    expect(await findMirrors(undefined, apt(lines.join('\n')))).toEqual({
      main: 'http://mirror.example/debian',
      security: 'http://sec.example/debian-security',
    });
  });

  it('expects security updates beside a mirror that is named, or that has none configured', async () => {
    const both = { main: 'http://m/debian', security: 'http://m/debian-security' };
    expect(await findMirrors('http://m/debian/', noApt)).toEqual(both);
    expect(await findMirrors(undefined, apt('http://m/debian/ trixie main \n'))).toEqual(both);
  });

  it.each([
    ['has no apt', noApt],
    [
      'is Ubuntu',
      apt('http://archive.ubuntu.com/ubuntu/ noble main Ubuntu\nhttp://security.ubuntu.com/ubuntu/ noble-security main Ubuntu\n'),
    ],
    ['has no sources', apt('')],
  ])('says that --mirror is needed on a host that %s', async (_, runner) => {
    await expect(findMirrors(undefined, runner)).rejects.toMatchObject({
      code: 'IMAGE_NO_MIRROR',
      hint: expect.stringContaining('--mirror'),
    });
  });

  it('does not take another vendor’s packages beside Debian’s', async () => {
    const lines = 'https://download.docker.com/linux/debian bookworm stable Docker\nhttp://deb.example/debian bookworm main Debian\n';
    expect((await findMirrors(undefined, apt(lines))).main).toBe('http://deb.example/debian');
  });
});

describe('download', () => {
  it('tries again after a server’s error, not after a refusal', async () => {
    const answers = [503, 200];
    const flaky: typeof fetch = async () => new Response('body', { status: answers.shift() ?? 500 });
    expect((await download('http://h/x', { fetch: flaky })).toString()).toBe('body');
    let calls = 0;
    const missing: typeof fetch = async () => {
      calls += 1;
      return new Response('', { status: 404 });
    };
    await expect(download('http://h/x', { fetch: missing })).rejects.toThrow('expected http://h/x, found HTTP 404');
    expect(calls).toBe(1);
  });

  it('gives the reason of an abort', async () => {
    const signal = AbortSignal.abort(new Error('Ctrl-C'));
    const hanging: typeof fetch = async (_, init) => {
      init?.signal?.throwIfAborted();
      return new Response();
    };
    await expect(download('http://h/x', { fetch: hanging, signal })).rejects.toThrow('Ctrl-C');
  });
});
