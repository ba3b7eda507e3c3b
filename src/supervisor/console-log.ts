import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

/** Bytes after which the log is moved aside to `<path>.1`, replacing the one before. */
const HALF = 512 * 1024;

/** The console's log: what is older than one to two halves is forgotten. Lines are not what it is made of, bytes are. */
export class ConsoleLog {
  private readonly path: string;
  private file: number;
  private size: number;

  constructor(path: string) {
    this.path = path;
    this.file = openSync(path, 'a', 0o600);
    this.size = fstatSync(this.file).size;
  }

  /** Never throws: a full disk must not take the supervisor away. */
  write(bytes: Uint8Array): void {
    try {
      if (this.size >= HALF) this.rotate();
      this.size += writeSync(this.file, bytes);
    } catch {
      // lost; the VM is worth more than its log
    }
  }

  private rotate(): void {
    renameSync(this.path, `${this.path}.1`);
    const full = this.file;
    this.file = openSync(this.path, 'a', 0o600);
    this.size = 0;
    closeSync(full);
  }
}
