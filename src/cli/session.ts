import type { Readable, Writable } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import { printable } from '../core/printable.ts';
import { hide } from '../core/redaction.ts';
import type { Platform } from '../host/platform.ts';
import { type ProcessRunner, processRunner } from '../host/process-runner.ts';
import type { Machines, MachinesOptions, Question } from '../machine/api.ts';
import { driverLoader, type LoadDriver, type PluginHost } from '../plugins/index.ts';
import type { ConsoleLogger } from './console-logger.ts';
import type { GlobalOptions } from './global-flags.ts';
import { calledAs } from './render/called-as.ts';
import { forStream } from './render/terminal-text.ts';
import type { TextOutput } from './text-output.ts';

/** What the program is given from outside; main.ts makes it from the process, tests from their own parts. */
export interface ProgramInput {
  /** Words after the program. */
  readonly words: readonly string[];
  /** The words that run us, as a user would type them: `tsmachine`, an absolute path, or `npx tsmachine`. */
  readonly invocation: readonly string[];
  readonly platform: Platform;
  readonly parentPid: number;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** The same for texts, without opening the streams where that can be done. */
  readonly out: TextOutput;
  readonly err: TextOutput;
  readonly clock: Clock;
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}

export type InputStream = Readable & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown };
export type OutputStream = Writable & { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number };

/** One run of one command. */
export interface Session {
  readonly input: ProgramInput;
  readonly globals: GlobalOptions;
  readonly log: ConsoleLogger;
  readonly runner: ProcessRunner;
  print(text: string): void;
  warn(text: string): void;
  /** The library, loaded at the first call. */
  machines(): Promise<Machines>;
  /** What the loading of drivers works with. */
  readonly plugins: PluginHost;
  /** A driver by name; see `driverLoader`. */
  readonly loadDriver: LoadDriver;
  /** Ends what drivers hold outside this process. */
  end(): Promise<void>;
}

/** Milliseconds that the end of a command waits for drivers. */
const END_LIMIT = 2000;

export function openSession(input: ProgramInput, globals: GlobalOptions, log: ConsoleLogger): Session {
  let machines: Promise<Machines> | undefined;
  const runner = processRunner(log);
  const closers: (() => Promise<void>)[] = [];
  const { platform, clock } = input;
  const plugins: PluginHost = { platform, clock, runner, log, atEnd: (close) => void closers.push(close) };
  const loadDriver = driverLoader(plugins);
  return {
    input,
    globals,
    log,
    runner,
    print: (text) => void input.out.write(`${forStream(input.out, text)}\n`),
    warn: (text) => void input.err.write(`${calledAs(programName(input), printable(text))}\n`),
    machines: () => (machines ??= open({ input, globals, log, runner, loadDriver })),
    plugins,
    loadDriver,
    async end() {
      if (closers.length === 0) return;
      const late = new Promise((resolve) => setTimeout(resolve, END_LIMIT).unref());
      await Promise.race([Promise.allSettled(closers.splice(0).map((close) => close())), late]);
    },
  };
}

type SessionParts = Pick<Session, 'input' | 'globals' | 'log' | 'runner' | 'loadDriver'>;

async function open({ input, globals, log, runner, loadDriver }: SessionParts): Promise<Machines> {
  const { openMachines } = await import('../machine/index.ts');
  let last: Promise<unknown> = Promise.resolve();
  const ask = (question: Question) => {
    const answer = last.then(async () => {
      const { askOnTerminal } = await import('./terminal-ask.ts');
      const given = await log.suspended(() => askOnTerminal(input, question));
      if (question.secret && given !== undefined) hide(given);
      return given;
    });
    last = answer.catch(() => {}); // one question at a time
    return answer;
  };
  const options: MachinesOptions = {
    storePath: globals.storePath,
    platform: input.platform,
    runner,
    log,
    clock: input.clock,
    signal: input.signal,
    nativeSsh: globals.nativeSsh,
    loadDriver,
    get ask() {
      return input.stdin.isTTY && input.stderr.isTTY ? ask : undefined; // late: a look at stdin costs milliseconds
    },
    tls: Object.fromEntries(Object.entries(globals.tls).filter(([, path]) => path !== '')),
  };
  return openMachines(options);
}

/** `tsmachine`, or what the program was renamed to. */
export function programName(input: ProgramInput): string {
  const last = input.invocation.at(-1) ?? 'tsmachine';
  return (last.split(/[\\/]/).at(-1) ?? last).replace(/\.(exe|cjs|cmd)$/i, '');
}
