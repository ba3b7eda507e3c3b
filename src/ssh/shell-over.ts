import { Readable, Writable } from 'node:stream';
import type { Client } from 'ssh2';
import { shellQuote } from '../core/shell-quote.ts';
import type { RemoteShell } from './remote-shell.ts';
import { runSession } from './session.ts';

/** Commands over one connection, each in a session of its own. */
export function shellOver(client: Client, signal: AbortSignal): RemoteShell {
  return {
    async run(words, { input, onStdout } = {}) {
      const stdout = collector(onStdout);
      const stderr = collector();
      const exitCode = await runSession(client, {
        command: words.map(shellQuote).join(' '),
        stdin: input instanceof Readable ? input : Readable.from(input === undefined ? [] : [input]),
        stdout: stdout.stream,
        stderr: stderr.stream,
        signal,
      });
      return { exitCode, stdout: stdout.text(), stderr: stderr.text() };
    },
  };
}

function collector(heard?: (chunk: Buffer) => void): { stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      chunks.push(chunk);
      heard?.(chunk);
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') };
}
