import { existsSync, realpathSync } from 'node:fs';
import { systemClock } from '../core/clock.ts';
import { systemCode } from '../core/errors.ts';
import { thisPlatform } from '../host/platform.ts';
import { type InterruptSignal, interrupted } from './interrupt.ts';
import { invocationWords } from './invocation.ts';
import { runProgram } from './run.ts';
import { type StandardStream, textOutput } from './text-output.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] satisfies InterruptSignal[]) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(interrupted(signal).exitCode); // the second time: leave things as they are
    stop.abort(interrupted(signal));
  });
}

/** A reader such as `head` that has enough is no error. */
const failed = (error: unknown): never => process.exit(systemCode(error) === 'EPIPE' ? 0 : 1);

function standardStream(fd: 1 | 2, get: () => NodeJS.WriteStream): StandardStream & { written(): Promise<unknown> } {
  let stream: NodeJS.WriteStream | undefined;
  return {
    fd,
    get opened() {
      return stream !== undefined;
    },
    open: () => (stream ??= get().on('error', failed)),
    failed,
    written: async () => stream && new Promise((resolve) => stream?.write('', resolve)),
  };
}

function realPath(path: string): string | undefined {
  try {
    return existsSync(path) ? realpathSync(path) : undefined; // a path that is not there takes ten times as long to refuse
  } catch {
    return undefined;
  }
}

const platform = thisPlatform();
const { execPath, ppid, argv } = process;
let words: string[] | undefined;
const stdout = standardStream(1, () => process.stdout);
const stderr = standardStream(2, () => process.stderr);
const code = runProgram({
  words: argv.slice(2),
  // Looked for on PATH, and rarely wanted.
  get invocation() {
    words ??= invocationWords({ platform, execPath, script: argv[1] ?? execPath, realPath });
    return words;
  },
  platform,
  parentPid: ppid,
  // Each costs milliseconds to open, and most commands use none.
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    return stdout.open();
  },
  get stderr() {
    return stderr.open();
  },
  out: textOutput(stdout, platform.os),
  err: textOutput(stderr, platform.os),
  clock: systemClock,
  signal: stop.signal,
});
void code.then(async (exitCode) => {
  process.exitCode = exitCode;
  await Promise.all([stdout.written(), stderr.written()]);
  // Whatever the library left open (a socket, a timer) may not keep the user waiting.
  setTimeout(() => process.exit(), 500).unref();
});
