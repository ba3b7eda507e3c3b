import type { Client, ClientChannel } from 'ssh2';
import { MachineError } from '../../core/errors.ts';
import { shellQuote } from '../../core/shell-quote.ts';
import { CopyProblem } from './entry.ts';

/**
 * The far side's `scp`, as OpenSSH's own client runs it (`-f` to send, `-t` to take): lines of `C` a file, `D` a folder, `E` its
 * end; each is answered by a byte: 0, or 1 (goes on) and 2 (gives up) with a line of text.
 */
export class ScpChannel {
  private readonly channel: ClientChannel;
  private readonly chunks: AsyncIterator<Uint8Array>;
  private rest: Uint8Array = new Uint8Array();
  private said = '';

  private constructor(channel: ClientChannel) {
    this.channel = channel;
    this.chunks = channel[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    channel.stderr.on('data', (chunk) => (this.said = `${this.said}${chunk}`.slice(-2000)));
  }

  /** A path that looks like an option is made not to; patterns are left to the far side's shell, all else is quoted. */
  static open(client: Client, options: readonly string[], path: string): Promise<ScpChannel> {
    const quoted = (path.startsWith('-') ? `./${path}` : path)
      .split(/([*?[\]])/)
      .map((part, at) => (at % 2 === 0 && part !== '' ? shellQuote(part) : part));
    const command = ['scp', ...options, quoted.join('')].join(' ');
    return new Promise((resolve, reject) =>
      client.exec(command, (error, channel) => (error ? reject(ScpChannel.broken(error.message)) : resolve(new ScpChannel(channel)))),
    );
  }

  private static broken(reason: string): MachineError {
    return new MachineError('SSH_FAILED', `the copy broke off: ${reason}`, {
      hint: 'the machine has no SFTP; its SSH server can be given one, or scp, by its package openssh-sftp-server or openssh-client',
    });
  }

  /** Undefined at the end. */
  async byte(): Promise<number | undefined> {
    if (!(await this.fill())) return undefined;
    const [first] = this.rest;
    this.rest = this.rest.subarray(1);
    return first;
  }

  /** The rest of a line. */
  async line(): Promise<string> {
    const bytes: number[] = [];
    for (let byte = await this.byte(); byte !== 10; byte = await this.byte()) {
      if (byte === undefined || bytes.length > 8192) throw this.ended();
      bytes.push(byte);
    }
    return Buffer.from(bytes).toString('utf8');
  }

  async *bytes(count: number): AsyncGenerator<Uint8Array> {
    for (let left = count; left > 0; ) {
      if (!(await this.fill())) throw this.ended();
      const part = this.rest.subarray(0, left);
      this.rest = this.rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  async send(data: Uint8Array | string): Promise<void> {
    if (this.channel.write(data)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        for (const event of ['drain', 'close']) this.channel.removeListener(event, done);
        resolve();
      };
      for (const event of ['drain', 'close']) this.channel.once(event, done);
    });
  }

  /** Reads an answer. Throws `CopyProblem` for 1, and an error that ends the copy for 2. */
  async answer(): Promise<void> {
    const code = await this.byte();
    if (code === 0) return;
    if (code !== 1 && code !== 2) throw this.ended();
    const text = (await this.line()).replace(/^scp: /, '');
    throw code === 1 ? new CopyProblem(text) : ScpChannel.broken(text);
  }

  close(): void {
    this.channel.end();
  }

  private async fill(): Promise<boolean> {
    while (this.rest.length === 0) {
      const { value, done } = await this.chunks.next();
      if (done) return false;
      this.rest = value;
    }
    return true;
  }

  private ended(): MachineError {
    return ScpChannel.broken(this.said.trim() || 'the connection ended');
  }
}
