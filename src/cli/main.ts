import { realpathSync } from 'node:fs';
import { systemClock } from '../core/clock.ts';
import { thisPlatform } from '../host/platform.ts';
import { type InterruptSignal, interrupted } from './interrupt.ts';
import { invocationWords } from './invocation.ts';
import { runProgram } from './run.ts';

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] satisfies InterruptSignal[]) {
  process.on(signal, () => {
    if (stop.signal.aborted) process.exit(interrupted(signal).exitCode); // the second time: leave things as they are
    stop.abort(interrupted(signal));
  });
}
/** A reader such as `head` that has enough is no error. */
function quietly(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  if (stream.listenerCount('error') === 0)
    stream.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return stream;
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

const platform = thisPlatform();
const { execPath, ppid, argv } = process;
const code = runProgram({
  words: argv.slice(2),
  invocation: invocationWords({ platform, execPath, script: argv[1] ?? execPath, realPath }),
  platform,
  parentPid: ppid,
  // Each costs milliseconds to open, and most commands use one.
  get stdin() {
    return process.stdin;
  },
  get stdout() {
    return quietly(process.stdout);
  },
  get stderr() {
    return quietly(process.stderr);
  },
  clock: systemClock,
  signal: stop.signal,
});
void code.then((exitCode) => {
  process.exitCode = exitCode;
  // Whatever the library left open (a socket, a timer) may not keep the user waiting.
  setTimeout(() => process.exit(), 500).unref();
});
