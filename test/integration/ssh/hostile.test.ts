/** Servers that stall, hang up, answer rubbish, ask for passwords or are too old: a clear error in time, and nothing left open. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Readable, Writable } from 'node:stream';
import ssh2, { type AuthContext, type Connection, type ServerConfig } from 'ssh2';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { thisPlatform } from '../../../src/host/platform.ts';
import { runOverSsh, type SshAccess } from '../../../src/ssh/index.ts';
import { startSshd, type TestSshd } from '../../support/sshd.ts';

let sshd: TestSshd;
const servers: Server[] = [];
const sockets = new Set<Socket>();
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd?.stop());
afterEach(async () => {
  // what we connected we have let go of; the server notices within a moment
  for (let tries = 0; sockets.size > 0 && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 20));
  const left = sockets.size;
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
  expect(left).toBe(0);
});

/** A TCP server; every socket must be gone at the end of the test. */
async function listening(taken: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).once('close', () => sockets.delete(socket)));
    taken(socket);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

/** One that reads and forgets what it is sent. */
function deaf(taken: (socket: Socket) => void): Promise<number> {
  return listening((socket) => taken(socket.resume()));
}

function access(port: number, changes: Partial<SshAccess> = {}): SshAccess {
  return {
    endpoint: { host: '127.0.0.1', port, user: sshd.user, keyPath: sshd.keyPath },
    platform: thisPlatform(),
    hostKeys: [],
    onFirstContact: async () => {},
    onJumpContact: () => Promise.reject(new Error('no jump host')),
    timeout: 1000,
    ...changes,
  };
}

async function run(to: SshAccess, signal = new AbortController().signal) {
  let output = '';
  const sink = () =>
    new Writable({
      write(chunk, _encoding, done) {
        output += chunk;
        done();
      },
    });
  const exit = await runOverSsh(to, { command: 'echo hello', stdin: Readable.from([]), stdout: sink(), stderr: sink(), signal });
  return { exit, output };
}

const failure = (to: SshAccess) =>
  run(to).then(
    () => expect.unreachable('it worked'),
    (error: { code: string; message: string; hint?: string }) => error,
  );

/** The real server behind a relay that stops after so many of its bytes: it stalls, or hangs up. */
function cutAfter(bytes: number, end: 'stall' | 'hang up'): Promise<number> {
  return listening((socket) => {
    const real = connect(sshd.port, '127.0.0.1').on('error', () => {});
    let left = bytes;
    real.on('data', (chunk) => {
      if (left > 0) socket.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0 && end === 'hang up') socket.destroy();
    });
    socket.on('data', (chunk) => real.write(chunk)).once('close', () => real.destroy());
    real.once('close', () => end === 'hang up' && socket.destroy());
  });
}

describe('a server that stalls', () => {
  it.each<[string, (socket: Socket) => void, string]>([
    ['before its greeting', () => {}, "the server's greeting"],
    ['after its greeting', (socket) => socket.write('SSH-2.0-Stall\r\n'), 'the key exchange'],
    ['in a greeting without an end', (socket) => socket.write('Welcome to'), "the server's greeting"],
  ])('%s is given up', async (_when, taken, stage) => {
    const port = await deaf(taken);
    expect(await failure(access(port))).toMatchObject({
      code: 'SSH_FAILED',
      message: expect.stringMatching(new RegExp(`no answer within 1 s, waiting for ${stage}$`)),
    });
  });

  it.each([100, 1200])('after %i bytes is given up', async (bytes) => {
    expect(await failure(access(await cutAfter(bytes, 'stall')))).toMatchObject({
      code: 'SSH_FAILED',
      message: expect.stringMatching(/no answer within 1 s, waiting for/),
    });
  });

  it('in the login is given up', async () => {
    const port = await fakeServer({}, (client) => void client.on('authentication', () => {}));
    expect((await failure(access(port))).message).toContain('waiting for the login');
  });

  it('is left at once by Ctrl-C', async () => {
    const abort = new AbortController();
    const port = await deaf(() => abort.abort(new Error('Ctrl-C')));
    await expect(run(access(port, { timeout: 600_000 }), abort.signal)).rejects.toThrow('Ctrl-C');
  });
});

describe('a server that hangs up', () => {
  it('does so at any byte of the handshake and the login with an error of ours', async () => {
    for (const bytes of [0, 1, 41, 42, 200, 1000, 1153, 1154, 1400, 1600, 1700, 1750, 1800, 1900, 2100]) {
      const error = await failure(access(await cutAfter(bytes, 'hang up')));
      expect(error, `${bytes} bytes`).toMatchObject({ code: 'SSH_FAILED' });
      expect(error.message).toMatch(/^(ssh to .*@127\.0\.0\.1:\d+: \S|the (connection|server))/);
    }
  });
});

describe('rubbish', () => {
  const greeting = 'SSH-2.0-Rubbish\r\n';
  const forever = (chunk: () => Buffer | string) => (socket: Socket) => {
    const more = () => {
      while (!socket.destroyed && socket.write(chunk()));
    };
    socket.on('drain', more);
    more();
  };
  it.each<[string, (socket: Socket) => void]>([
    ['random bytes', (socket) => socket.write(randomBytes(100_000))],
    ['a web page', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['a greeting without end', forever(() => 'Welcome!\r\n'.repeat(1000))],
    ['a line without end', forever(() => 'x'.repeat(10_000))],
    ['version 1', (socket) => socket.write('SSH-1.5-Old\r\n')],
    ['random bytes after the greeting', (socket) => socket.write(Buffer.concat([Buffer.from(greeting), randomBytes(100_000)]))],
    [
      'a packet of 4 GB',
      (socket) => socket.write(Buffer.concat([Buffer.from(greeting), Buffer.from([255, 255, 255, 255, 4]), randomBytes(1000)])),
    ],
    ['a packet of no bytes', (socket) => socket.write(Buffer.concat([Buffer.from(greeting), Buffer.alloc(64)]))],
  ])('as %s is told', async (_what, taken) => {
    const error = await failure(access(await deaf(taken)));
    expect(error).toMatchObject({ code: 'SSH_FAILED', message: expect.stringMatching(/^ssh to .*@127\.0\.0\.1:\d+: \S/) });
  });
});

describe('old algorithms', () => {
  it.each([
    ['KexAlgorithms diffie-hellman-group1-sha1', /no common key exchange algorithm: the server offers only diffie-hellman-group1-sha1/],
    ['HostKeyAlgorithms ssh-rsa', /no common host key format: the server offers only ssh-rsa/],
    ['Ciphers 3des-cbc', /no common C->S cipher: the server offers only 3des-cbc/],
    ['MACs hmac-md5\nCiphers aes128-ctr', /no common C->S MAC: the server offers only hmac-md5/],
  ])('%s', async (setting, message) => {
    const old = await startSshd([setting], [setting.includes('rsa') ? 'rsa' : 'ed25519']);
    try {
      const to = access(old.port, { endpoint: { host: '127.0.0.1', port: old.port, user: old.user, keyPath: old.keyPath } });
      expect(await failure(to)).toMatchObject({
        code: 'SSH_FAILED',
        message: expect.stringMatching(message),
        hint: expect.stringContaining('too old'),
      });
    } finally {
      old.stop();
    }
  });

  it('are another thing than a key of another kind', async () => {
    const error = await failure(access(sshd.port, { hostKeys: ['ecdsa-sha2-nistp256 AAAA'] }));
    expect(error).toMatchObject({ code: 'SSH_HOST_KEY', message: expect.stringContaining('shows no SSH host key of the kind expected') });
  });
});

const hostKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs1', format: 'pem' }) as string;

/** A server that logs in and runs what the test says: sshd cannot be made to misbehave so. */
async function fakeServer(settings: Partial<ServerConfig>, taken: (client: Connection) => void): Promise<number> {
  const server = new ssh2.Server({ hostKeys: [hostKey], ...settings }, (client) => {
    client.on('error', () => {});
    taken(client);
  });
  return listening((socket) => void server.injectSocket(socket));
}

/** Takes `methods` in this order of offers, the right one being "correct horse". */
function asksFor(methods: ('password' | 'keyboard-interactive')[]): (client: Connection) => void {
  const tell = (context: AuthContext) => {
    if (context.method === 'password' && methods.includes('password') && context.password === 'correct horse') return context.accept();
    if (context.method === 'keyboard-interactive' && methods.includes('keyboard-interactive'))
      return context.prompt([{ prompt: 'Code\x1b[2J: ', echo: false }], 'Two', 'factors', ([answer]) =>
        answer === 'correct horse' ? context.accept() : context.reject(methods),
      );
    return context.reject(methods);
  };
  return (client) =>
    void client.on('authentication', tell).on('session', (accept) => {
      accept().on('exec', (acceptExec) => {
        const channel = acceptExec();
        channel.write('hello\n');
        channel.exit(0);
        channel.end();
      });
    });
}

describe('a server that wants a password', () => {
  const asking = (answers: (string | undefined)[]) => {
    const asked: string[] = [];
    const ask = async ({ text, secret }: { text: string; secret: boolean }) => {
      asked.push(`${secret ? 'secret ' : ''}${text}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
      return answers.shift();
    };
    return { ask, asked };
  };

  it('is refused where nobody can be asked, naming what it takes', async () => {
    const port = await fakeServer({}, asksFor(['password']));
    expect(await failure(access(port))).toMatchObject({
      code: 'SSH_DENIED',
      message: `${sshd.user}@127.0.0.1:${port} does not accept the key ${sshd.keyPath}; it also takes: password`,
      hint: 'a password can be asked for on a terminal only',
    });
  });

  it.each([['password'], ['keyboard-interactive']] as const)('is given it by %s, after a wrong one', async (method) => {
    const port = await fakeServer({}, asksFor([method]));
    const { ask, asked } = asking(['wrong', 'correct horse']);
    expect(await run(access(port, { ask }))).toEqual({ exit: 0, output: 'hello\n' });
    const place = `${sshd.user}@127.0.0.1:${port}`;
    const question = method === 'password' ? `secret ${place}'s password: ` : `secret (${place}) Two factors Code [2J: `;
    expect(asked).toEqual([question, question]);
  });

  it('may wait for it longer than a connection may take', async () => {
    const port = await fakeServer({}, asksFor(['password']));
    const ask = () => new Promise<string>((resolve) => setTimeout(() => resolve('correct horse'), 700));
    expect(await run(access(port, { ask, timeout: 500 }))).toEqual({ exit: 0, output: 'hello\n' });
  });

  it('asks three times, and not again after no answer', async () => {
    const port = await fakeServer({}, asksFor(['password', 'keyboard-interactive']));
    const tries = asking(Array(10).fill('wrong'));
    expect(await failure(access(port, { ask: tries.ask }))).toMatchObject({ code: 'SSH_DENIED' });
    expect(tries.asked).toHaveLength(6);
    const none = asking([undefined]);
    expect(await failure(access(port, { ask: none.ask }))).toMatchObject({ code: 'SSH_DENIED' });
    expect(none.asked).toHaveLength(1);
  });
});

describe('a session', () => {
  const server = (exec: (channel: ssh2.ServerChannel, client: Connection) => void) =>
    fakeServer({}, (client) => {
      client.on('authentication', (context) => context.accept());
      client.on('session', (accept) => void accept().on('exec', (acceptExec) => exec(acceptExec(), client)));
    });

  it('that ends without an exit code is an error', async () => {
    const port = await server((channel) => channel.end());
    expect(await failure(access(port))).toMatchObject({ code: 'SSH_FAILED', message: expect.stringContaining('before the command ended') });
  });

  it('that a signal ended gives its number', async () => {
    const port = await server((channel) => {
      channel.exit('TERM', false, 'stopped');
      channel.end();
    });
    expect((await run(access(port))).exit).toBe(143);
  });

  it('that the server refuses is told in its words', async () => {
    const port = await fakeServer({}, (client) => {
      client.on('authentication', (context) => context.accept());
      client.on('session', (_accept, reject) => reject());
    });
    expect(await failure(access(port))).toMatchObject({
      code: 'SSH_FAILED',
      message: expect.stringContaining('the server opens no session'),
    });
  });

  it('whose connection breaks in the middle is an error', async () => {
    const port = await server((channel, client) => {
      channel.write('half');
      setTimeout(() => client.end(), 100);
    });
    expect(await failure(access(port))).toMatchObject({ code: 'SSH_FAILED' });
  });
});
