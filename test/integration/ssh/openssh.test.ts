/** Our client against OpenSSH's server. */

import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateRsaKey } from '../../../src/certs/rsa-key.ts';
import { thisPlatform } from '../../../src/host/platform.ts';
import { fingerprint, rsaPublicLine, runOverSsh, type SessionOptions, type SshAccess } from '../../../src/ssh/index.ts';
import { freePort } from '../../support/free-port.ts';
import { remoteShell } from '../../support/remote-shell.ts';
import { startSshd, type TestSshd } from '../../support/sshd.ts';
import { temporaryFolder } from '../../support/temporary.ts';

let sshd: TestSshd;
beforeAll(async () => {
  sshd = await startSshd();
});
afterAll(() => sshd?.stop());

function access(changes: Partial<SshAccess> = {}): SshAccess {
  return {
    endpoint: { host: '127.0.0.1', port: sshd.port, user: sshd.user, keyPath: sshd.keyPath },
    platform: thisPlatform(),
    hostKeys: sshd.hostKeys,
    onFirstContact: () => Promise.reject(new Error('not a first contact')),
    onJumpContact: () => Promise.reject(new Error('no jump host')),
    ...changes,
  };
}

class Collector extends Writable {
  readonly chunks: Buffer[] = [];
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(chunk);
    done();
  }
  get bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

async function run(options: Partial<SessionOptions>, to = access()) {
  const stdout = new Collector();
  const stderr = new Collector();
  const signal = new AbortController().signal;
  const exit = await runOverSsh(to, { stdin: Readable.from([]), stdout, stderr, signal, ...options });
  return { exit, stdout: stdout.bytes, stderr: stderr.bytes.toString() };
}

describe('a command', () => {
  it('keeps stdout, stderr and exit code apart', async () => {
    const { exit, stdout, stderr } = await run({ command: 'echo out; echo err >&2; exit 42' });
    expect({ exit, stdout: stdout.toString(), stderr }).toEqual({ exit: 42, stdout: 'out\n', stderr: 'err\n' });
  });

  it('passes 5 MB of random bytes through cat untouched', async () => {
    const bytes = randomBytes(5_000_000);
    const { exit, stdout } = await run({ command: 'cat', stdin: Readable.from([bytes]) });
    expect(exit).toBe(0);
    expect(createHash('sha256').update(stdout).digest('hex')).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  it('waits for a reader that is slow', async () => {
    let bytes = 0;
    const stdout = new Writable({
      highWaterMark: 1024,
      write(chunk: Buffer, _encoding, done) {
        bytes += chunk.length;
        setTimeout(done, 1);
      },
    });
    expect((await run({ command: 'head -c 3000000 /dev/zero', stdout })).exit).toBe(0);
    expect(bytes).toBe(3_000_000);
  });

  it('gives 128 + the signal that ended it', async () => {
    expect((await run({ command: 'kill -9 $$' })).exit).toBe(137);
  });

  it('ends when its reader is gone, as with `| head`', async () => {
    const stdout = new PassThrough();
    stdout.once('data', () => stdout.destroy(new Error('EPIPE')));
    expect((await run({ command: 'head -c 2000000 /dev/zero', stdout })).exit).toBe(0);
  });

  it('may end before it has read what it is sent', async () => {
    for (const command of ['exit 3', 'head -c 1 >/dev/null; exit 3'])
      expect((await run({ command, stdin: Readable.from(Array.from({ length: 100 }, () => randomBytes(50_000))) })).exit).toBe(3);
  });

  it('is ended by an abort, with its reason', async () => {
    const abort = new AbortController();
    const running = run({ command: 'sleep 1000', signal: abort.signal });
    setTimeout(() => abort.abort(new Error('Ctrl-C')), 300);
    await expect(running).rejects.toThrow('Ctrl-C');
  });

  it('quotes the words a provisioner gives', async () => {
    const words = ['$(id)', "it's", 'a  b', '`x`', '\\', '*', ''];
    const shell = remoteShell(access());
    expect((await shell.run(['printf', '%s|', ...words], { input: Buffer.from('ignored') })).stdout).toBe(
      words.map((word) => `${word}|`).join(''),
    );
  });
});

describe('a terminal', () => {
  it('has its name and size, and follows the size', async () => {
    let columns = 91;
    let changed = () => {};
    const terminal = {
      name: 'xterm-test',
      size: () => ({ columns, rows: 17 }),
      onResize(call: () => void) {
        changed = call;
        return () => {};
      },
    };
    const stdin = new PassThrough();
    const stdout = new Collector();
    const running = run({ terminal, stdin, stdout });
    const said = async (text: string) => {
      while (!stdout.bytes.toString().includes(text)) await new Promise((resolve) => setTimeout(resolve, 20));
    };
    stdin.write('PS1=; stty -echo; echo "$TERM" $(stty size)"!"\n');
    await said('xterm-test 17 91!');
    columns = 120;
    changed();
    stdin.write('sleep 0.2; echo now $(stty size)"!"\n');
    await said('now 17 120!');
    stdin.write('exit 5\n');
    expect((await running).exit).toBe(5);
  });
});

it.each(['chacha20-poly1305@openssh.com', 'aes128-gcm@openssh.com', 'aes256-ctr'])(
  'a server with %s alone is talked to',
  async (cipher) => {
    const only = await startSshd([`Ciphers ${cipher}`], ['ed25519']);
    try {
      const endpoint = { host: '127.0.0.1', port: only.port, user: only.user, keyPath: only.keyPath };
      for (const emulated of [true, false]) {
        const { exit, stdout } = await run(
          { command: 'head -c 300000 /dev/zero | tee /dev/stderr | wc -c' },
          access({ endpoint, hostKeys: only.hostKeys, emulated }),
        );
        expect([exit, stdout.toString().trim()]).toEqual([0, '300000']);
      }
    } finally {
      only.stop();
    }
  },
);

describe('the host key', () => {
  it('of a first contact is told with the fingerprint ssh-keygen shows, before anything else', async () => {
    const told: string[] = [];
    const first = access({ hostKeys: [], onFirstContact: async (key, print) => void told.push(key, print) });
    expect((await run({ command: 'true' }, first)).exit).toBe(0);
    const [key = '', print] = told;
    expect(sshd.hostKeys).toContain(key);
    const shown = execFileSync('ssh-keygen', ['-l', '-f', '-'], { input: key, encoding: 'utf8' });
    expect(shown.split(' ')[1]).toBe(print);
    expect((await run({ command: 'true' }, access({ hostKeys: [key] }))).exit).toBe(0);
  });

  it('may be pinned in either kind', async () => {
    for (const key of sshd.hostKeys) expect((await run({ command: 'true' }, access({ hostKeys: [key] }))).exit).toBe(0);
  });

  it('is refused when it changed, and nothing is sent', async () => {
    const other = rsaPublicLine((await generateRsaKey()).publicKey);
    await expect(run({ command: 'true' }, access({ hostKeys: [other] }))).rejects.toMatchObject({
      code: 'SSH_HOST_KEY',
      message: expect.stringContaining(`expected ${fingerprint(other)}`),
    });
  });

  it('is not trusted when pinning it failed', async () => {
    await expect(
      run({ command: 'true' }, access({ hostKeys: [], onFirstContact: () => Promise.reject(new Error('disk full')) })),
    ).rejects.toThrow('disk full');
  });
});

describe('what goes wrong', () => {
  it('names a key that is not accepted', async () => {
    const keyPath = join(temporaryFolder(), 'key');
    writeFileSync(keyPath, (await generateRsaKey()).privateKey, { mode: 0o600 });
    const endpoint = { ...access().endpoint, keyPath };
    await expect(run({ command: 'true' }, access({ endpoint }))).rejects.toMatchObject({
      code: 'SSH_DENIED',
      message: expect.stringContaining(`does not accept the key ${keyPath}`),
    });
  });

  it('says that nobody listens', async () => {
    const endpoint = { ...access().endpoint, port: await freePort() };
    await expect(run({ command: 'true' }, access({ endpoint }))).rejects.toMatchObject({
      code: 'SSH_FAILED',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('is told when the server goes away in the middle', async () => {
    const other = await startSshd();
    const endpoint = { host: '127.0.0.1', port: other.port, user: other.user, keyPath: other.keyPath };
    const running = run({ command: 'kill $PPID; sleep 1000' }, access({ endpoint, hostKeys: other.hostKeys }));
    await expect(running).rejects.toMatchObject({ code: 'SSH_FAILED' });
    other.stop();
  });
});

describe('our key files', () => {
  it('are what ssh-keygen says they are', async () => {
    const { privateKey, publicKey } = await generateRsaKey();
    const path = join(temporaryFolder(), 'id_rsa');
    writeFileSync(path, privateKey, { mode: 0o600 });
    expect(execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' }).trim()).toBe(rsaPublicLine(publicKey));
  });
});
