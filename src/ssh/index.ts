/** SSH with ssh2, which is loaded at the first connection only (its import costs 52 ms). */
import { Readable, Writable } from 'node:stream';
import { shellQuote } from '../core/shell-quote.ts';
import type { Platform } from '../host/platform.ts';
import { type ConnectOptions, connectSsh } from './connect.ts';
import { readPrivateKey } from './key-file.ts';
import type { RemoteShell } from './remote-shell.ts';
import { runSession, type SessionOptions } from './session.ts';

export { fingerprint, newEd25519HostKey, rsaPublicLine } from './key-format.ts';
export type { RemoteShell } from './remote-shell.ts';
export type { SessionOptions, TerminalView } from './session.ts';

export type SshAccess = Omit<ConnectOptions, 'privateKey' | 'signal'> & { readonly platform: Platform };

/** Connects, runs a command or a login shell, disconnects. Gives the remote exit code; see `runSession` and `connectSsh`. */
export async function runOverSsh(access: SshAccess, session: SessionOptions): Promise<number> {
  const privateKey = await readPrivateKey(access.endpoint.keyPath, access.platform);
  const client = await connectSsh({ ...access, privateKey, signal: session.signal });
  try {
    return await runSession(client, session);
  } finally {
    client.end();
  }
}

/** A shell for provisioners: one connection for each command. */
export function remoteShell(access: SshAccess, signal: AbortSignal): RemoteShell {
  return {
    async run(words, { input } = {}) {
      const stdout = collector();
      const stderr = collector();
      const exitCode = await runOverSsh(access, {
        command: words.map(shellQuote).join(' '),
        stdin: Readable.from(input === undefined ? [] : [input]),
        stdout: stdout.stream,
        stderr: stderr.stream,
        signal,
      });
      return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
    },
  };
}

function collector(): { stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}
