import { describe, expect, it } from 'vitest';
import { MachineError } from '../../../src/core/errors.ts';
import type { Platform } from '../../../src/host/platform.ts';
import type { ProcessRunner } from '../../../src/host/process-runner.ts';
import { clientConfig } from '../../../src/ssh/client-config.ts';
import { parseJumps } from '../../../src/ssh/destination.ts';

const signal = new AbortController().signal;
const LINUX: Platform = {
  os: 'linux',
  arch: 'x64',
  env: { USER: 'me', SSH_AUTH_SOCK: '/run/agent', KEYS: '/keys' },
  home: '/home/me',
  uid: 1000,
};
const target = { host: 'box', port: 0, user: '' };

/** The answer of an `ssh -G`, with what it was asked. */
function client(answer: string): { runner: ProcessRunner; asked: string[] } {
  const asked: string[] = [];
  const run = async (file: string, words: readonly string[]) => {
    asked.push(file, ...words);
    return { exitCode: 0, stdout: answer, stderr: '' };
  };
  return { runner: { run }, asked };
}

describe('what ssh -G says', () => {
  it('is read, with its tokens and variables', async () => {
    const { runner } = client(
      [
        ...['hostname 10.0.0.1', 'port 2201', 'user ops', 'identitiesonly yes', 'hostkeyalias al', 'connecttimeout 5', 'proxyjump a,b:3'],
        ...['identityfile ~/.ssh/%n-%h', 'identityfile %d/k%%', 'identityfile ${KEYS}/%r@%u', 'identityagent ~/agent'],
        ...['userknownhostsfile /home/me/kh /tmp/my kh', 'globalknownhostsfile none'],
      ].join('\n'),
    );
    expect(await clientConfig(target, { platform: LINUX, runner }, signal)).toEqual({
      host: '10.0.0.1',
      port: 2201,
      user: 'ops',
      identityFiles: ['/home/me/.ssh/box-10.0.0.1', '/home/me/k%', '/keys/ops@me'],
      identitiesOnly: true,
      agent: '/home/me/agent',
      proxyJump: 'a,b:3',
      proxyCommand: '',
      knownHostsFiles: ['/home/me/kh', '/tmp/my kh'],
      hostKeyAlias: 'al',
      connectTimeout: 5000,
    });
  });

  it('is asked with what is explicit, the host after --', async () => {
    const { runner, asked } = client('');
    await clientConfig({ host: '-oProxyCommand=x', port: 22, user: '-x' }, { platform: LINUX, runner, sshConfig: '/c' }, signal);
    expect(asked).toEqual(['ssh', '-G', '-F', '/c', '-l', '-x', '-p', '22', '--', '-oProxyCommand=x']);
  });

  it.each([
    ['', '/run/agent'],
    ['identityagent SSH_AUTH_SOCK', '/run/agent'],
    ['identityagent none', undefined],
    ['identityagent $KEYS', '/keys'],
  ])('of the agent, %j, is %s', async (line, agent) => {
    expect((await clientConfig(target, { platform: LINUX, runner: client(line).runner }, signal)).agent).toBe(agent);
  });

  it("is the client's defaults where there is none, or nobody asks", async () => {
    const missing: ProcessRunner = { run: () => Promise.reject(new MachineError('PROGRAM_NOT_FOUND', 'no ssh')) };
    const found = await clientConfig(target, { platform: LINUX, runner: missing }, signal);
    expect(found).toMatchObject({ host: 'box', port: 22, user: 'me', agent: '/run/agent', proxyJump: '' });
    expect(found.identityFiles).toContain('/home/me/.ssh/id_ed25519');
    expect(found.knownHostsFiles).toContain('/home/me/.ssh/known_hosts');
    expect(await clientConfig(target, { platform: LINUX }, signal)).toEqual(found);
  });

  it("takes Windows' agent by its pipe", async () => {
    const platform: Platform = { ...LINUX, os: 'win32', env: { USERNAME: 'me' } };
    expect((await clientConfig(target, { platform }, signal)).agent).toBe('\\\\.\\pipe\\openssh-ssh-agent');
  });
});

describe('jump hosts', () => {
  it.each([
    ['', []],
    ['none', []],
    ['a', [{ host: 'a', port: 0, user: '' }]],
    [
      'u@a:22,ssh://b:3/',
      [
        { host: 'a', port: 22, user: 'u' },
        { host: 'b', port: 3, user: '' },
      ],
    ],
    ['u@d@a', [{ host: 'a', port: 0, user: 'u@d' }]],
    ['[fe80::1%eth0]:22', [{ host: 'fe80::1%eth0', port: 22, user: '' }]],
  ])('%j', (text, hosts) => {
    expect(parseJumps(text)).toEqual(hosts);
  });
});
