import { spawn } from 'node:child_process';
import { readFileSync, write } from 'node:fs';
import { join } from 'node:path';
import { ReadStream } from 'node:tty';
import { resizeTerminal } from '../syscalls/console.ts';
import { takeDescriptor } from '../syscalls/pidfd.ts';

/** Descriptor under which the holder has the master. */
const heldAs = 3;

/**
 * A container's terminal: its pty master. A holder (a shell that waits for the run directory's `ack`) has a second copy, from
 * which a later engine takes it back.
 */
export class Terminal {
  readonly output: ReadStream;
  readonly #master: number;
  #queue: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(master: number) {
    this.#master = master;
    this.output = new ReadStream(master);
    this.output.once('close', () => {
      this.#closed = true;
    });
  }

  /** Types into the terminal, in order; resolves when the kernel has taken all of it. */
  write(data: Buffer): Promise<void> {
    this.#queue = this.#queue.then(() => this.#writeAll(data)).catch(() => undefined);
    return this.#queue;
  }

  resize(rows: number, columns: number): void {
    if (!this.#closed) resizeTerminal(this.#master, rows, columns);
  }

  close(): void {
    this.output.destroy();
  }

  async #writeAll(data: Buffer): Promise<void> {
    let rest = data;
    while (rest.length > 0 && !this.#closed) {
      const part = rest;
      const written = await new Promise<number>((done, failed) => {
        write(this.#master, part, (error, count) => {
          // The line discipline's buffer is full until the program reads.
          if (error?.code === 'EAGAIN') setTimeout(() => done(0), 10);
          else if (error) failed(error);
          else done(count);
        });
      });
      rest = rest.subarray(written);
    }
  }
}

/** Gives a copy of the master to a process that outlives the engine; it ends by a line in `ack`. */
export function holdTerminal(directory: string, master: number): void {
  const script = 'exec 4<>ack; echo $$ >holder; read -r _ <&4';
  const holder = spawn('sh', ['-c', script], { cwd: directory, detached: true, stdio: ['ignore', 'ignore', 'ignore', master] });
  holder.on('error', () => undefined);
  holder.unref();
}

/** Takes the master back from its holder. Throws when the holder is gone. */
export function retakeTerminal(directory: string): number {
  const pid = Number(readFileSync(join(directory, 'holder'), 'utf8'));
  return takeDescriptor(pid, heldAs);
}
