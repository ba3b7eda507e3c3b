/** ssh's own options with the built-in client, against OpenSSH's server. */
import { randomBytes } from 'node:crypto';
import { existsSync, statSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { thisPlatform } from '../../../src/host/platform.ts';
import { type SshAccess, sshClient } from '../../../src/ssh/index.ts';
import { freePort } from '../../support/free-port.ts';
import { startAgent } from '../../support/ssh-agent.ts';
import { startSshd, type TestSshd } from '../../support/sshd.ts';
import { temporaryFolder } from '../../support/temporary.ts';

let sshd: TestSshd;
let echo: Server;
let echoPort = 0;
const echoSocket = join(temporaryFolder(), 'echo');
beforeAll(async () => {
  sshd = await startSshd(['AcceptEnv *']);
  const shout = (socket: NodeJS.ReadWriteStream) =>
    void socket.on('data', (data) => socket.write(data.toString().toUpperCase())).on('end', () => socket.end('bye'));
  echo = createServer({ allowHalfOpen: true }, shout);
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  echoPort = (echo.address() as { port: number }).port;
  const local = createServer({ allowHalfOpen: true }, shout);
  await new Promise<void>((resolve) => local.listen(echoSocket, resolve));
  local.unref();
});
afterAll(() => {
  sshd?.stop();
  echo?.close();
});

function access(env: Record<string, string> = {}): SshAccess {
  const platform = thisPlatform();
  return {
    endpoint: { host: '127.0.0.1', port: sshd.port, user: sshd.user, keyPath: sshd.keyPath },
    platform: { ...platform, env: { ...platform.env, ...env } },
    hostKeys: sshd.hostKeys,
    onFirstContact: () => Promise.reject(new Error('not a first contact')),
    onJumpContact: () => Promise.reject(new Error('no jump host')),
  };
}

function start(words: readonly string[], { to = access(), stdin = Readable.from([]) as Readable } = {}) {
  const abort = new AbortController();
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  let said = '';
  stderr.on('data', (data) => (said += data));
  const exit = sshClient(to, words, { stdin, stdout, stderr, terminal: undefined, signal: abort.signal });
  exit.catch(() => {});
  return { exit, stdout, said: () => said, stop: () => abort.abort(new Error('stopped')) };
}

async function run(words: readonly string[], options: Parameters<typeof start>[1] = {}) {
  const { exit, stdout, said } = start(words, options);
  const output = buffer(stdout);
  const code = await exit;
  stdout.end();
  return { code, stdout: (await output).toString(), stderr: said() };
}

/** Sends `hello`, ends, and gives what comes back. */
async function talk(to: { port: number; host?: string } | { path: string }): Promise<string> {
  const socket = connect({ ...to, allowHalfOpen: true });
  socket.end('hello');
  return (await buffer(socket)).toString();
}

async function eventually<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries > 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

describe('a command with options', () => {
  it('has no terminal unless one is forced', async () => {
    expect(await run(['tty'])).toMatchObject({ code: 1, stdout: 'not a tty\n' });
    expect(await run(['-t', 'tty'])).toMatchObject({ code: 1, stderr: expect.stringContaining('Pseudo-terminal will not be allocated') });
    expect(await run(['-tt', 'test -t 0 && stty size'])).toMatchObject({ code: 0, stdout: '24 80\r\n' });
  });

  it('reads nothing with -n', async () => {
    expect(await run(['-n', 'cat'], { stdin: Readable.from(['text']) })).toMatchObject({ code: 0, stdout: '' });
  });

  it('compresses with -C', async () => {
    const text = 'a'.repeat(300_000);
    expect((await run(['-C', 'cat'], { stdin: Readable.from([text]) })).stdout).toBe(text);
  });

  it('lets the far side use the agent with -A, and not without', async () => {
    const agent = await startAgent();
    try {
      agent.add(sshd.keyPath);
      const to = access({ SSH_AUTH_SOCK: agent.socket });
      expect((await run(['-A', 'ssh-add', '-l'], { to })).stdout).toContain('RSA');
      expect((await run(['echo "<$SSH_AUTH_SOCK>"'], { to })).stdout).toBe('<>\n');
    } finally {
      agent.stop();
    }
  });

  it('takes another user and key', async () => {
    await expect(run(['-l', 'nobody-there', 'true'])).rejects.toThrow('nobody-there@127.0.0.1');
    await expect(run(['-i', '/nowhere', 'true'])).rejects.toThrow('/nowhere');
  });
});

describe('a forward', () => {
  it('of -L reaches a port and a socket, as long as -N runs', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const path = join(temporaryFolder(), 'forwarded');
    const session = start([
      '-N',
      '-L',
      `${one}:127.0.0.1:${echoPort}`,
      '-L',
      `localhost:${two}:${echoSocket}`,
      '-L',
      `${path}:${echoSocket}`,
    ]);
    expect(await eventually(() => talk({ port: one }))).toBe('HELLObye');
    expect(await Promise.all([talk({ port: one }), talk({ port: two }), talk({ path })])).toEqual(Array(3).fill('HELLObye'));
    expect(statSync(path).mode & 0o777).toBe(0o600);
    session.stop();
    await expect(session.exit).rejects.toThrow('stopped');
    await expect(talk({ port: one })).rejects.toThrow('ECONNREFUSED');
    expect(existsSync(path)).toBe(false);
  });

  it('loses nothing of what comes last', async () => {
    const bytes = randomBytes(8 << 20);
    const server = createServer((socket) => void socket.end(bytes));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const [port, target] = [await freePort(), (server.address() as { port: number }).port];
    const session = start(['-N', '-L', `${port}:127.0.0.1:${target}`]);
    await eventually(() => talk({ port }));
    expect((await buffer(connect({ port, host: '127.0.0.1' }))).equals(bytes)).toBe(true);
    session.stop();
    server.close();
  });

  it('tells of a target that is not there, and goes on', async () => {
    const [port, closed] = [await freePort(), await freePort()];
    const session = start(['-N', '-L', `${port}:127.0.0.1:${closed}`]);
    expect(await eventually(() => talk({ port }))).toBe('');
    expect(session.said()).toContain('Connection refused');
    expect(await talk({ port })).toBe('');
    session.stop();
  });

  it('of -R comes out here, on a port that the server chose', async () => {
    const session = start(['-N', '-R', `0:127.0.0.1:${echoPort}`]);
    const port = await eventually(async () => {
      const told = /Allocated port (\d+)/.exec(session.said())?.[1];
      if (told === undefined) throw new Error('none yet');
      return Number(told);
    });
    expect(await talk({ port, host: '127.0.0.1' })).toBe('HELLObye');
    session.stop();
  });

  it('of -D speaks SOCKS5', async () => {
    const port = await freePort();
    const session = start(['-N', '-D', `${port}`]);
    const ask = (host: string, to: number) => {
      const name = Buffer.from(host);
      return Buffer.from([5, 1, 0, 5, 1, 0, 3, name.length, ...name, to >> 8, to & 255]);
    };
    const through = async (request: Buffer) => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      socket.write(request);
      setTimeout(() => socket.end('hello'), 300);
      return (await buffer(socket)).toString('latin1');
    };
    await eventually(() => talk({ port, host: '127.0.0.1' }));
    expect(await through(ask('localhost', echoPort))).toBe('\x05\0\x05\0\0\x01\0\0\0\0\0\0HELLObye');
    expect((await through(ask('localhost', await freePort()))).slice(0, 4)).toBe('\x05\0\x05\x04');
    expect(await through(Buffer.from('GET / HTTP/1.0\r\n\r\n'))).toBe('');
    session.stop();
  });

  it('on a port in use is refused, and nothing is run', async () => {
    const path = join(temporaryFolder(), 'touched');
    await expect(run(['-L', `${echoPort}:h:1`, 'touch', path])).rejects.toMatchObject({
      code: 'SSH_FORWARD',
      message: `127.0.0.1:${echoPort} is in use on this computer`,
    });
    writeFileSync(`${path}-other`, '');
    await expect(run(['-L', `${path}-other:h:1`, 'touch', path])).rejects.toMatchObject({ code: 'SSH_FORWARD' });
    expect(existsSync(path)).toBe(false);
  });
});
