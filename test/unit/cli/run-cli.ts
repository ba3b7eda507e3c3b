/** Runs the program in this process, on a store of its own, and gives back what it printed. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { runProgram } from '../../../src/cli/run.ts';
import { systemClock } from '../../../src/core/clock.ts';
import type { Platform } from '../../../src/host/platform.ts';

export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly os?: NodeJS.Platform;
  readonly stdin?: string;
  readonly invocation?: readonly string[];
  readonly signal?: AbortSignal;
  /** What the clock says, milliseconds since the epoch. */
  readonly now?: number;
  /** Both outputs are a terminal. */
  readonly terminal?: boolean;
  /** Told whatever is written to stdout. */
  readonly onOutput?: (text: string) => void;
}

/** Files of certs/. */
const authority = new Map<string, Buffer>();

export class TestStore {
  readonly home = mkdtempSync(join(tmpdir(), 'tsmachine-cli-'));
  readonly path = join(this.home, '.docker', 'machine');

  run = async (words: readonly string[], options: CliOptions = {}): Promise<Printed> => {
    const platform: Platform = { os: options.os ?? 'linux', arch: 'x64', env: options.env ?? {}, home: this.home, uid: 1000 };
    const { now, terminal = false } = options;
    const stdout = new Collector(terminal, options.onOutput);
    const stderr = new Collector(terminal);
    const code = await runProgram({
      words,
      invocation: options.invocation ?? ['tsmachine'],
      platform,
      parentPid: 1,
      stdin: Readable.from(options.stdin === undefined ? [] : [Buffer.from(options.stdin)]),
      stdout,
      out: stdout,
      stderr,
      err: stderr,
      clock: now === undefined ? systemClock : { ...systemClock, now: () => now },
      signal: options.signal ?? new AbortController().signal,
    });
    return { code, stdout: stdout.text(), stderr: stderr.text() };
  };

  /** A machine of driver none at this URL. Certificates are made once for all stores of a test file: RSA keys take their time. */
  async create(name: string, url = 'tcp://127.0.0.1:9', ...flags: string[]): Promise<void> {
    const certs = join(this.path, 'certs');
    if (authority.size > 0 && !existsSync(certs)) {
      mkdirSync(certs, { recursive: true, mode: 0o700 });
      for (const [file, content] of authority) writeFileSync(join(certs, file), content, { mode: 0o600 });
    }
    const { code, stderr } = await this.run(['create', '-d', 'none', '--url', url, ...flags, name]);
    if (code !== 0) throw new Error(stderr);
    for (const file of readdirSync(certs)) authority.set(file, readFileSync(join(certs, file)));
  }

  remove(): void {
    rmSync(this.home, { recursive: true, force: true });
  }
}

class Collector extends Writable {
  readonly isTTY: boolean;
  private readonly chunks: Buffer[] = [];
  private readonly onText: (text: string) => void;

  constructor(isTTY: boolean, onText: (text: string) => void = () => {}) {
    super();
    this.isTTY = isTTY;
    this.onText = onText;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(chunk);
    this.onText(chunk.toString('utf8'));
    done();
  }

  text(): string {
    return Buffer.concat(this.chunks).toString('utf8');
  }
}
