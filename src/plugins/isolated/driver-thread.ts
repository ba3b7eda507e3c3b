/**
 * A driver that did not come with the program runs in a thread of its own: what it throws, an endless loop, process.exit and what it
 * prints stay in there. A thread, not a process: it needs no watching, for it ends with the program however that ends; and it
 * can be ended at any instruction. It is no wall against malice: a driver is code the user chose to install.
 */
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { MachineError } from '../../core/errors.ts';
import type { PluginHost } from '../plugin-host.ts';
import type { DriverRoot } from './description.ts';
import { Wire } from './wire.ts';

export interface ThreadData {
  /** A file (it need not exist) in the folder from where the module is looked for. */
  readonly from: string;
  /** A package's name, or a path. */
  readonly module: string;
  /** Our own entries: what a driver imports → URL. */
  readonly entries: Readonly<Record<string, string>>;
}

/** Milliseconds between questions whether the thread still answers, and those it may be busy. */
const PING_EVERY = 5_000;
const BUSY_LIMIT = 30_000;
/** MiB: none takes the computer's memory. */
const MEMORY_LIMIT = 512;

export class DriverThread {
  readonly root: DriverRoot;
  /** Aborted when the thread has ended. */
  readonly ended: AbortSignal;
  private readonly worker: Worker;
  private readonly wire: Wire;
  private readonly name: string;
  private readonly over = new AbortController();
  private waiting = 0;

  constructor(name: string, place: Pick<ThreadData, 'from' | 'module'>, { log, platform }: Pick<PluginHost, 'log' | 'platform'>) {
    this.name = name;
    this.ended = this.over.signal;
    const workerData: ThreadData = { ...place, entries: ownEntries() };
    const env = Object.fromEntries(Object.entries(platform.env).filter(([, value]) => value !== undefined));
    const resourceLimits = { maxOldGenerationSizeMb: MEMORY_LIMIT };
    const streams = { stdout: true, stderr: true };
    this.worker = new Worker(threadProgram(), { workerData, env, ...streams, resourceLimits, execArgv: [], name: `driver ${name}` });
    this.wire = new Wire(this.worker, () => {});
    this.root = new Proxy({} as DriverRoot, {
      get:
        (_, method) =>
        (...args: unknown[]) =>
          this.watched(this.wire.root(method, ...args)),
    });
    this.worker.on('error', (error: unknown) => this.end(this.died(error instanceof Error ? error.message : String(error), error)));
    this.worker.on('exit', (code) => this.end(this.died(`it called process.exit(${code})`)));
    for (const stream of [this.worker.stdout, this.worker.stderr]) onLines(stream, (line) => log.debug(`driver ${name} printed: ${line}`));
  }

  /** Ends the thread; what waits for it fails with `error`. */
  async end(error: Error = new Error(`driver ${this.name} was closed`)): Promise<void> {
    if (this.ended.aborted) return;
    this.wire.fail(error);
    this.over.abort(error);
    await this.worker.terminate();
  }

  /** Ends the thread when it does not answer at all while `work` is waited for: it is in an endless loop. */
  async watched<T>(work: Promise<T>): Promise<T> {
    this.waiting += 1;
    if (this.waiting === 1) void this.watch();
    try {
      return await work;
    } finally {
      this.waiting -= 1;
    }
  }

  private async watch(): Promise<void> {
    const sleep = (time: number) => new Promise((resolve) => setTimeout(resolve, time).unref());
    while (this.waiting > 0 && !this.ended.aborted) {
      await sleep(PING_EVERY);
      if (this.waiting === 0 || this.ended.aborted) return;
      const answer = this.wire.root('ping').then(
        () => true,
        () => true,
      );
      if (await Promise.race([answer, sleep(BUSY_LIMIT).then(() => false)])) continue;
      await this.end(new MachineError('DRIVER_HANGS', `driver ${this.name} did not answer for ${BUSY_LIMIT / 1000} s and was ended`));
    }
  }

  private died(reason: string, cause?: unknown): MachineError {
    return new MachineError('DRIVER_DIED', `driver ${this.name} ended unexpectedly: ${reason}`, {
      ...(cause === undefined ? {} : { cause }),
      hint: 'this is a bug of that driver; the same command again goes on from what it noted last',
    });
  }
}

const fromSource = import.meta.filename.endsWith('.ts');

function threadProgram(): string {
  return join(import.meta.dirname, fromSource ? 'thread-main.ts' : '../driver-thread.js');
}

/** Of sources, or of what is built. */
function ownEntries(): ThreadData['entries'] {
  const file = (source: string, built: string) =>
    pathToFileURL(join(import.meta.dirname, fromSource ? `../../driver/${source}` : `../${built}`)).href;
  return {
    'tsmachine/driver': file('index.ts', 'driver.cjs'),
    'tsmachine/driver/cloud': file('cloud/index.ts', 'driver-cloud.cjs'),
    'tsmachine/driver/kit': file('kit/index.ts', 'driver-kit.cjs'),
  };
}

function onLines(stream: Readable, tell: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(-65_536);
    for (const line of lines) tell(line);
  });
  stream.on('end', () => rest !== '' && tell(rest));
}
