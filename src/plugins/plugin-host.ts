import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { Platform } from '../host/platform.ts';
import type { ProcessRunner } from '../host/process-runner.ts';

/** What the loading of drivers needs of one command. */
export interface PluginHost {
  readonly platform: Platform;
  readonly runner: ProcessRunner;
  readonly log: Logger;
  readonly clock: Clock;
  /** Takes what is to be done when the command ends, however it ends: a driver that runs outside this process is ended then. */
  atEnd(close: () => Promise<void>): void;
}
