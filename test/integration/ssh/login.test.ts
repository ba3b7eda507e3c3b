/** Logging in to OpenSSH's server with all that a user may have: files, passphrases, an agent, ssh_config, jump hosts, known_hosts. */
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { thisPlatform } from '../../../src/host/platform.ts';
import { processRunner } from '../../../src/host/process-runner.ts';
import { fingerprint, openRemoteShell, type SshAccess } from '../../../src/ssh/index.ts';
import { remoteShell } from '../../support/remote-shell.ts';
import { startAgent, type TestAgent } from '../../support/ssh-agent.ts';
import { startSshd, type TestSshd } from '../../support/sshd.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const signal = new AbortController().signal;
const runner = processRunner({ info: () => {}, warn: () => {}, debug: () => {} });
let target: TestSshd;
let jump: TestSshd;
let agent: TestAgent;
beforeAll(async () => {
  [target, jump, agent] = await Promise.all([startSshd(), startSshd(), startAgent()]);
});
afterAll(() => {
  for (const part of [target, jump, agent]) part?.stop();
});

/** A user with a home of their own, who has pinned the target. */
function access(changes: Partial<SshAccess> & { home?: string; agent?: string; config?: string } = {}): SshAccess {
  const { home = temporaryFolder(), agent: socket, config = '', ...rest } = changes;
  const sshConfig = join(home, 'ssh_config');
  writeFileSync(sshConfig, `${config}\nUserKnownHostsFile ${home}/known_hosts\n`);
  const platform = thisPlatform();
  return {
    endpoint: { host: '127.0.0.1', port: target.port, user: target.user, keyPath: '' },
    platform: { ...platform, home, env: { ...platform.env, SSH_AUTH_SOCK: socket } },
    runner,
    sshConfig,
    hostKeys: target.hostKeys,
    onFirstContact: () => Promise.reject(new Error('not a first contact')),
    onJumpContact: () => Promise.reject(new Error('no jump host')),
    ...rest,
  };
}

const hello = (to: SshAccess) => remoteShell(to).run(['echo', 'hello']);
const works = async (to: SshAccess) => expect((await hello(to)).stdout).toBe('hello\n');

/** One round of bcrypt: each takes as long as a login, in JavaScript. */
const QUICK = ['-a', '1'];

/** A key of ssh-keygen that the servers let in. */
function newKey(path: string, words: readonly string[], passphrase = ''): string {
  execFileSync('ssh-keygen', ['-q', ...QUICK, ...words, '-N', passphrase, '-C', '', '-f', path]);
  for (const server of [target, jump]) server.authorize(readFileSync(`${path}.pub`, 'utf8'));
  return path;
}

function asking(answers: readonly (string | undefined)[]) {
  const left = [...answers];
  const asked: string[] = [];
  return {
    asked,
    ask: async ({ text, secret }: { text: string; secret: boolean }) => {
      asked.push(`${secret ? 'secret ' : ''}${text}`);
      return left.shift();
    },
  };
}

const keyed = (keyPath: string, changes: Partial<SshAccess> = {}) =>
  access({ ...changes, endpoint: { host: '127.0.0.1', port: target.port, user: target.user, keyPath } });

describe('an encrypted key', () => {
  it.each([
    ['ed25519', ['-t', 'ed25519']],
    ['ecdsa', ['-t', 'ecdsa']],
    ['RSA', ['-t', 'rsa', '-b', '2048']],
    ['RSA in PEM', ['-t', 'rsa', '-b', '2048', '-m', 'PEM']],
    ['RSA in PKCS#8', ['-t', 'rsa', '-b', '2048', '-m', 'PKCS8']],
    ['ecdsa in PKCS#8', ['-t', 'ecdsa', '-m', 'PKCS8']],
  ])('of kind %s opens with its passphrase, asked again after a wrong one', async (_kind, words) => {
    const path = newKey(join(temporaryFolder(), 'key'), words, 'correct horse');
    const { ask, asked } = asking(['wrong', 'correct horse']);
    const to = keyed(path, { ask, passphrases: new Map() });
    await works(to);
    await works(to); // the passphrase is remembered
    expect(asked).toEqual(Array(2).fill(`secret Passphrase for the key '${path}': `));
  });

  it('of ed25519 in PKCS#8 works too', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const path = join(temporaryFolder(), 'key');
    writeFileSync(path, privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'p' }), { mode: 0o600 });
    const plain = join(temporaryFolder(), 'key');
    writeFileSync(plain, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    const jwk = privateKey.export({ format: 'jwk' });
    const blob = Buffer.concat([Buffer.from('\0\0\0\x0bssh-ed25519\0\0\0\x20', 'latin1'), Buffer.from(jwk.x ?? '', 'base64url')]);
    target.authorize(`ssh-ed25519 ${blob.toString('base64')}\n`);
    await works(keyed(path, { ask: asking(['p']).ask }));
    await works(keyed(plain));
  });

  it('is told when nobody can be asked, and when nobody knows', async () => {
    const path = newKey(join(temporaryFolder(), 'key'), ['-t', 'ed25519'], 'secret');
    await expect(hello(keyed(path))).rejects.toMatchObject({ code: 'SSH_KEY', message: expect.stringContaining('is encrypted') });
    const { ask, asked } = asking(['a', 'b', 'c', 'd']);
    await expect(hello(keyed(path, { ask }))).rejects.toMatchObject({ code: 'SSH_DENIED' });
    expect(asked.filter((text) => text.includes('Passphrase'))).toHaveLength(3);
  });

  it('may be waited for longer than a connection may take', async () => {
    const path = newKey(join(temporaryFolder(), 'key'), ['-t', 'ecdsa', '-m', 'PKCS8'], 'secret');
    const ask = () => new Promise<string>((resolve) => setTimeout(() => resolve('secret'), 3500));
    await works(keyed(path, { ask, timeout: 3000 }));
  });

  it('that the user breaks off is the end of it', async () => {
    const path = newKey(join(temporaryFolder(), 'key'), ['-t', 'ed25519'], 'secret');
    const ask = () => Promise.reject(new Error('Ctrl-C'));
    await expect(hello(keyed(path, { ask }))).rejects.toThrow('Ctrl-C');
  });

  it('is not asked for when the server does not take the key', async () => {
    const path = join(temporaryFolder(), 'key');
    execFileSync('ssh-keygen', ['-q', ...QUICK, '-t', 'ed25519', '-N', 'secret', '-f', path]);
    const { ask, asked } = asking([]);
    await expect(hello(keyed(path, { ask }))).rejects.toMatchObject({
      message: expect.stringContaining(`does not accept the key ${path}`),
    });
    expect(asked).toEqual([]);
  });

  it('that the agent holds needs no passphrase', async () => {
    const path = newKey(join(temporaryFolder(), 'key'), ['-t', 'ed25519']);
    agent.add(path);
    execFileSync('ssh-keygen', ['-q', ...QUICK, '-p', '-P', '', '-N', 'secret', '-f', path]);
    await works({ ...keyed(path), platform: access({ agent: agent.socket }).platform });
  });
});

describe('a machine without a key of its own', () => {
  it("takes the user's default keys, and passes over what cannot be used", async () => {
    const home = temporaryFolder();
    mkdirSync(join(home, '.ssh'), { mode: 0o700 });
    writeFileSync(join(home, '.ssh', 'id_rsa'), 'rubbish', { mode: 0o600 });
    await expect(hello(access({ home }))).rejects.toMatchObject({
      message: expect.stringContaining('does not accept a login without a key'),
      hint: expect.stringContaining('expected a private key'),
    });
    newKey(join(home, '.ssh', 'id_ed25519'), ['-t', 'ed25519']);
    await works(access({ home }));
  });

  it('takes the keys of the agent', async () => {
    const other = await startAgent();
    try {
      await expect(hello(access({ agent: other.socket }))).rejects.toMatchObject({ code: 'SSH_DENIED' });
      other.add(newKey(join(temporaryFolder(), 'key'), ['-t', 'rsa', '-b', '2048']));
      await works(access({ agent: other.socket }));
      await expect(hello(access({ agent: other.socket, config: 'IdentitiesOnly yes' }))).rejects.toMatchObject({ code: 'SSH_DENIED' });
      await works(access({ config: `IdentityAgent ${other.socket}` }));
    } finally {
      other.stop();
    }
  });
});

it('reaches an IPv6 address, also with its zone', async () => {
  const relay = createServer((socket) => {
    const real = connect(target.port, '127.0.0.1').on('error', () => {});
    socket
      .on('error', () => {})
      .pipe(real)
      .pipe(socket);
  });
  await new Promise<void>((resolve) => relay.listen(0, '::1', resolve));
  const { port } = relay.address() as { port: number };
  try {
    for (const host of ['::1', '::1%lo']) await works(access({ endpoint: { host, port, user: target.user, keyPath: target.keyPath } }));
    const wrong = access({ endpoint: { host: '::1', port: 1, user: 'root', keyPath: target.keyPath } });
    await expect(hello(wrong)).rejects.toMatchObject({ message: expect.stringContaining('root@[::1]:1: ') });
  } finally {
    relay.close();
  }
});

describe('ssh_config', () => {
  it('names host, port, user and keys', async () => {
    const key = newKey(join(temporaryFolder(), 'my key'), ['-t', 'ed25519']);
    const config = `Host far*\n HostName 127.0.0.1\n Port ${target.port}\n User ${target.user}\n IdentityFile "${key}"\nHost *`;
    await works(access({ config, endpoint: { host: 'faraway', port: 0, user: '', keyPath: '' } }));
    const wrong = access({ config, endpoint: { host: 'faraway', port: 1, user: '', keyPath: '' } });
    await expect(hello(wrong)).rejects.toMatchObject({ message: expect.stringContaining('127.0.0.1:1: connect ECONNREFUSED') });
  });

  it('that the client cannot read is told in its words', async () => {
    await expect(hello(access({ config: 'Nonsense yes' }))).rejects.toMatchObject({
      code: 'SSH_CONFIG',
      message: expect.stringMatching(/bad configuration option: nonsense/i),
    });
  });

  it('with a ProxyCommand is refused, naming what runs it', async () => {
    await expect(hello(access({ config: 'ProxyCommand nc %h %p' }))).rejects.toMatchObject({
      code: 'SSH_PROXY_COMMAND',
      hint: expect.stringContaining('--native-ssh=false'),
    });
  });
});

describe('jump hosts', () => {
  const via = (changes: Parameters<typeof access>[0] = {}) => {
    const home = temporaryFolder();
    mkdirSync(join(home, '.ssh'), { mode: 0o700 });
    newKey(join(home, '.ssh', 'id_ed25519'), ['-t', 'ed25519']);
    const told: string[] = [];
    const to = access({
      home,
      proxyJump: `127.0.0.1:${jump.port}`,
      onJumpContact: async (place, _key, print, known) => void told.push(`${place} ${print} ${known}`),
      ...changes,
    });
    return { to, told };
  };

  it('are gone through, and their keys told at first contact', async () => {
    const { to, told } = via();
    const shell = await openRemoteShell(to, signal);
    expect((await shell.run(['sh', '-c', 'echo $SSH_CONNECTION'])).stdout).toContain(`${target.port}\n`);
    shell.close();
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(new RegExp(`^127.0.0.1:${jump.port} SHA256:.* false$`));
  });

  it('may be several, and come from ssh_config', async () => {
    await works(via({ proxyJump: `127.0.0.1:${jump.port},localhost:${target.port},[127.0.0.1]:${jump.port}` }).to);
    const { to } = via({
      config: `Match host 127.0.0.1 exec "test %p = ${target.port}"\n ProxyJump ${jump.user}@127.0.0.1:${jump.port}\nMatch all`,
    });
    const { proxyJump: _none, ...fromConfig } = to;
    const shell = remoteShell(fromConfig);
    const client = (await shell.run(['sh', '-c', 'ps -o args= -p $PPID; echo $SSH_CLIENT'])).stdout;
    expect(client).toContain('127.0.0.1');
  });

  it('are refused when their key changed', async () => {
    const { to } = via({ jumpHostKeys: { [`127.0.0.1:${jump.port}`]: target.hostKeys } });
    await expect(hello(to)).rejects.toMatchObject({ code: 'SSH_HOST_KEY', message: expect.stringContaining(`127.0.0.1:${jump.port}`) });
  });

  it('that do not reach the machine say so', async () => {
    const { to } = via({ endpoint: { host: '127.0.0.1', port: 1, user: 'root', keyPath: target.keyPath } });
    await expect(hello(to)).rejects.toMatchObject({
      code: 'SSH_FAILED',
      message: expect.stringContaining('the jump host does not reach 127.0.0.1:1'),
    });
  });

  it.each(['a b', 'host:99999', '-oProxyCommand=x', 'u@', 'a,,b', 'fe80::1'])('%j are none', async (proxyJump) => {
    await expect(hello(access({ proxyJump }))).rejects.toMatchObject({ code: 'SSH_JUMP' });
  });
});

describe('known_hosts', () => {
  const first = (lines: string, hash = false) => {
    const home = temporaryFolder();
    writeFileSync(join(home, 'known_hosts'), lines);
    if (hash) execFileSync('ssh-keygen', ['-q', '-H', '-f', join(home, 'known_hosts')], { stdio: 'ignore' });
    const told: unknown[] = [];
    const onFirstContact = async (key: string, print: string, known: boolean) => void told.push(key, print, known);
    const endpoint = { host: '127.0.0.1', port: target.port, user: target.user, keyPath: target.keyPath };
    return { to: access({ home, hostKeys: [], onFirstContact, endpoint }), told };
  };
  const [ed25519, rsa] = [() => target.hostKeys[0] ?? '', () => target.hostKeys[1] ?? ''];

  it.each([false, true])('vouch for a key, of the kind that they have (hashed: %s)', async (hash) => {
    const { to, told } = first(`other ${ed25519()}\n[127.0.0.1]:${target.port} ${rsa()} a comment\n`, hash);
    await works(to);
    expect(told).toEqual([rsa(), fingerprint(rsa()), true]);
  });

  it('refuse another key', async () => {
    const { to, told } = first(`[127.0.0.1]:${target.port} ${jump.hostKeys[0]}\n`);
    await expect(hello(to)).rejects.toMatchObject({
      code: 'SSH_HOST_KEY',
      message: expect.stringContaining('is not the one in known_hosts'),
    });
    expect(told).toEqual([]);
  });

  it('refuse a revoked key', async () => {
    const { to } = first(`@revoked * ${ed25519()}\n`);
    await expect(hello(to)).rejects.toMatchObject({ code: 'SSH_HOST_KEY', message: expect.stringContaining('revoked') });
  });

  it('without the host leave it to the first contact', async () => {
    const { to, told } = first(`!127.0.0.1,* ${jump.hostKeys[0]}\n127.0.0.1 ${jump.hostKeys[0]}\n|1|rubbish\n# comment\n\n`);
    writeFileSync(join(to.platform.home, 'known_hosts'), `![127.0.0.1]:${target.port},* ${jump.hostKeys[0]}\n`);
    await works(to);
    expect(told).toEqual([ed25519(), fingerprint(ed25519()), false]);
  });
});
