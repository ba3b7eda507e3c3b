import type { Logger } from '../core/logger.ts';
import type { OutputStream } from './session.ts';

/**
 * docker-machine's lines: information on stdout (on stderr for `env` and `config`, whose stdout a shell evaluates), warnings and
 * debug lines on stderr, the latter with the time since the start.
 */
export function consoleLogger(options: { info: OutputStream; stderr: OutputStream; debug: boolean; elapsed: () => number }): Logger {
  return {
    info: (message) => void options.info.write(`${message}\n`),
    warn: (message) => void options.stderr.write(`${message}\n`),
    debug: (message) => {
      if (options.debug) options.stderr.write(`[${(options.elapsed() / 1000).toFixed(3)} s] ${message}\n`);
    },
  };
}
