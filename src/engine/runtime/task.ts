import { closeSync, existsSync, mkdirSync, readFileSync, rmSync, watch, writeFileSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { listenForConsole, receiveConsole } from '../syscalls/console.ts';
import { makeFifo } from '../syscalls/fifo.ts';
import type { Launch, Launcher } from './launcher.ts';
import { holdOpen, openForReader, openReader, openWriter } from './pipes.ts';
import { holdTerminal, retakeTerminal, Terminal } from './terminal.ts';

export type StreamName = 'stdout' | 'stderr';

/** Takes what a process writes. A promise holds the process's output back until it resolves. */
export type OutputSink = (stream: StreamName, data: Buffer) => Promise<void> | undefined;

export interface TaskExit {
  code: number;
  at: Date;
}

/** crun could not start the process: its own words. */
export class LaunchFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LaunchFailure';
  }
}

export interface TaskOptions {
  launch: Launch;
  /** Absolute path of the run directory. */
  directory: string;
  sink: OutputSink;
}

/** A running process in a container: its pipes or terminal, its end. It lives on without the engine. */
export class Task {
  readonly pid: number;
  /** After everything it wrote has gone to the sink. */
  readonly exited: Promise<TaskExit>;
  readonly #directory: string;
  readonly #stdin: Socket | undefined;
  readonly #terminal: Terminal | undefined;

  private constructor(directory: string, parts: Parts, pid: number) {
    this.#directory = directory;
    this.pid = pid;
    this.#stdin = parts.stdin;
    this.#terminal = parts.terminal;
    this.exited = Promise.all([parts.ended, ...parts.outputs]).then(() => {
      const exit = readExit(directory);
      this.#stdin?.destroy();
      this.#terminal?.close();
      return exit;
    });
  }

  /**
   * Makes the run directory's pipes, starts crun and waits until the process runs. The directory must hold `config.json`
   * (run) or `process.json` (exec). Throws LaunchFailure with crun's words.
   */
  static async start(launcher: Launcher, { launch, directory, sink }: TaskOptions): Promise<Task> {
    const names = ['live', 'ack', ...(launch.tty ? [] : ['out', 'err']), ...(launch.stdin === 'none' || launch.tty ? [] : ['in'])];
    for (const name of names) makeFifo(join(directory, name));
    // Each pipe must have a writer until its real one has come, or its reader would see the end at once.
    const holds = names.filter((name) => name === 'out' || name === 'err').map((name) => holdOpen(join(directory, name)));
    const release = (): void => {
      for (const letGo of holds) letGo();
    };
    const releaseLive = holdOpen(join(directory, 'live'));
    let listening = launch.tty ? listenForConsole(join(directory, 'console.sock')) : undefined;
    const gate = new Gate();
    const live = openReader(join(directory, 'live'));
    live.once('data', releaseLive);
    const ended = closed(live);
    live.resume();
    const outputs = launch.tty
      ? []
      : (['stdout', 'stderr'] as const).map((name) => pump(openReader(join(directory, fifoOf(name))), name, gate.sink(sink)));
    const stdin = names.includes('in') ? openWriter(join(directory, 'in')) : undefined;
    stdin?.on('error', () => undefined);
    try {
      const started = pidFile(directory, ended);
      await launcher.launch({ ...launch, stdin: launch.tty ? 'none' : launch.stdin });
      const pid = await started;
      let terminal: Terminal | undefined;
      if (listening !== undefined) {
        const socket = listening;
        listening = undefined;
        const master = receiveConsole(socket);
        if (launch.kind === 'run') holdTerminal(directory, master);
        terminal = new Terminal(master);
        outputs.push(pump(terminal.output, 'stdout', sink));
      }
      release();
      gate.open();
      return new Task(directory, { ended, outputs, stdin, terminal }, pid);
    } catch (error) {
      release();
      releaseLive();
      gate.drop();
      stdin?.destroy();
      if (listening !== undefined) closeSync(listening);
      acknowledge(directory);
      throw error;
    }
  }

  /** Takes over a process an earlier engine started; one that has ended meanwhile gives its last output and its exit. */
  static reattach({ launch, directory, sink }: TaskOptions): Task {
    const live = reopen(join(directory, 'live'));
    live.resume();
    const outputs: Promise<void>[] = [];
    let terminal: Terminal | undefined;
    if (!launch.tty)
      outputs.push(...(['stdout', 'stderr'] as const).map((name) => pump(reopen(join(directory, fifoOf(name))), name, sink)));
    else if (existsSync(join(directory, 'holder'))) {
      terminal = new Terminal(retakeTerminal(directory));
      outputs.push(pump(terminal.output, 'stdout', sink));
    }
    const hasInput = existsSync(join(directory, 'in'));
    const stdin = hasInput ? openWriter(join(directory, 'in')) : undefined;
    stdin?.on('error', () => undefined);
    return new Task(directory, { ended: closed(live), outputs, stdin, terminal }, Number(readText(join(directory, 'pid'))));
  }

  /** Input for the process; resolves when taken. What comes after the end is dropped. */
  write(data: Buffer): Promise<void> {
    if (this.#terminal !== undefined) return this.#terminal.write(data);
    const stdin = this.#stdin;
    if (stdin === undefined || !stdin.writable) return Promise.resolve();
    return new Promise((done) => {
      stdin.once('close', done);
      stdin.write(data, () => {
        stdin.removeListener('close', done);
        done();
      });
    });
  }

  /** End of input. A terminal has none: the client types ^D. */
  endInput(): void {
    this.#stdin?.end(() => this.#stdin?.destroy());
  }

  resize(rows: number, columns: number): void {
    this.#terminal?.resize(rows, columns);
  }

  get hasTerminal(): boolean {
    return this.#terminal !== undefined;
  }

  /** Lets the processes beside the container end and removes the run directory. */
  dispose(): void {
    acknowledge(this.#directory);
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** Clears a run directory away that belongs to nothing any more; a container's process in it is killed. */
export function discardRunDirectory(directory: string): void {
  const pid = Number(readText(join(directory, 'pid')));
  const isContainer = existsSync(join(directory, 'config.json'));
  const ended = existsSync(join(directory, 'exit'));
  // As long as the shell beside it waits for crun, the pid has not been given to anybody else.
  if (acknowledge(directory) && isContainer && !ended && pid > 1) process.kill(pid, 'SIGKILL');
  rmSync(directory, { recursive: true, force: true });
}

interface Parts {
  ended: Promise<void>;
  outputs: Promise<void>[];
  stdin: Socket | undefined;
  terminal: Terminal | undefined;
}

/** A FIFO whose writer may be gone already: Linux tells a reader of the end only when a writer left after it came. */
function reopen(path: string): Socket {
  const reader = openReader(path);
  holdOpen(path)();
  return reader;
}

/** Makes a fresh, empty run directory. */
export function makeRunDirectory(directory: string, files: Record<string, string>): void {
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content, { mode: 0o600 });
}

/** Holds output back until the process is known to run: crun's own complaints on stderr are not the container's. */
class Gate {
  #state: 'shut' | 'open' | 'dropped' = 'shut';
  readonly #opened = Promise.withResolvers<void>();

  sink(sink: OutputSink): OutputSink {
    return (stream, data) => {
      if (this.#state === 'open') return sink(stream, data);
      return this.#opened.promise.then(() => (this.#state === 'open' ? sink(stream, data) : undefined));
    };
  }

  open(): void {
    this.#state = 'open';
    this.#opened.resolve();
  }

  drop(): void {
    this.#state = 'dropped';
    this.#opened.resolve();
  }
}

const fifoOf = (stream: StreamName): string => (stream === 'stdout' ? 'out' : 'err');

function closed(stream: {
  once(event: 'close', listener: () => void): unknown;
  on(event: 'error', listener: () => void): unknown;
}): Promise<void> {
  stream.on('error', () => undefined);
  return new Promise((done) => {
    stream.once('close', done);
  });
}

/** Sends a stream to a sink, never faster than the sink takes it; resolves at its end, all delivered. */
async function pump(stream: NodeJS.ReadableStream & { destroy(): unknown }, name: StreamName, sink: OutputSink): Promise<void> {
  const end = closed(stream as unknown as Socket);
  let pending: Promise<void> | undefined;
  stream.on('data', (data: Buffer) => {
    const wait = sink(name, data);
    if (wait === undefined) return;
    stream.pause();
    pending = wait.then(() => {
      stream.resume();
    });
  });
  stream.on('end', () => stream.destroy());
  await end;
  await pending;
}

/** Resolves with the pid crun writes once the process runs. Throws LaunchFailure when crun ends without. */
function pidFile(directory: string, ended: Promise<void>): Promise<number> {
  return new Promise((done, failed) => {
    const path = join(directory, 'pid');
    const check = (): boolean => {
      const pid = Number(readText(path));
      if (!(pid > 0)) return false;
      watcher.close();
      done(pid);
      return true;
    };
    const watcher = watch(directory, { persistent: false }, check);
    watcher.on('error', () => undefined);
    void ended.then(() => {
      if (check()) return;
      watcher.close();
      failed(new LaunchFailure(crunError(directory)));
    });
  });
}

function crunError(directory: string): string {
  const messages = readText(join(directory, 'log'))
    .split('\n')
    .flatMap((line) => {
      try {
        const entry = JSON.parse(line) as { msg?: string; level?: string };
        return entry.level === 'error' && entry.msg !== undefined ? [entry.msg] : [];
      } catch {
        return [];
      }
    });
  return messages.join('; ') || `the OCI runtime ended with code ${readText(join(directory, 'exit')).trim() || 'unknown'} and no message`;
}

function readExit(directory: string): TaskExit {
  const text = readText(join(directory, 'exit')).trim();
  // Without an exit file the process went down with the machine or its shell was killed: dockerd's code for "unknown".
  return { code: text === '' ? 255 : Number(text), at: new Date() };
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Tells the shell and the terminal's holder that all was read. False when nobody waits. */
function acknowledge(directory: string): boolean {
  try {
    const fd = openForReader(join(directory, 'ack'));
    writeSync(fd, '\n\n');
    closeSync(fd);
    return true;
  } catch {
    return false;
  }
}
