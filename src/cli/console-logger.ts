import type { Logger } from '../core/logger.ts';
import { printable } from '../core/printable.ts';
import { redacted } from '../core/redaction.ts';
import { calledAs } from './render/called-as.ts';
import type { TextOutput } from './text-output.ts';

/** Takes the information lines for a while. */
export interface InfoSink {
  info(message: string): void;
  /** Runs `work` while nothing is drawn. */
  suspended?<T>(work: () => Promise<T>): Promise<T>;
}

export interface ConsoleLogger extends Logger {
  /** From now on information goes there; undefined: to the stream again. */
  redirectInfo(sink: InfoSink | undefined): void;
  /** Runs `work`, a question to the user, while nothing else is drawn. */
  suspended<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * docker-machine's lines: information on stdout (on stderr for `env` and `config`, whose stdout a shell evaluates), warnings and
 * debug lines on stderr, the latter with the time since the start.
 */
export function consoleLogger(options: {
  /** How the program was called. */
  program: () => string;
  info: () => TextOutput;
  warnings: () => TextOutput;
  debug: boolean;
  elapsed: () => number;
}): ConsoleLogger {
  let sink: InfoSink | undefined;
  /** A message may quote a server, a file or a secret. */
  const shown = (message: string): string => calledAs(options.program(), printable(redacted(message)));
  return {
    info: (message) => (sink ? sink.info(shown(message)) : void options.info().write(`${shown(message)}\n`)),
    warn: (message) => void options.warnings().write(`${shown(message)}\n`),
    debug: (message) => {
      if (options.debug) options.warnings().write(`[${(options.elapsed() / 1000).toFixed(3)} s] ${shown(message)}\n`);
    },
    redirectInfo: (to) => {
      sink = to;
    },
    suspended: (work) => (sink?.suspended ? sink.suspended(work) : work()),
  };
}
