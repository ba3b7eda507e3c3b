import type { Platform } from '../host/platform.ts';
import type { ProcessRunner } from '../host/process-runner.ts';

/** What of this computer is needed to start and reach a supervisor. */
export interface Computer {
  readonly platform: Platform;
  readonly runner: Pick<ProcessRunner, 'run'>;
}

/** Where a machine's supervisor works. */
export interface SupervisedPlace extends Computer {
  /** The machine's folder, absolute. */
  readonly dir: string;
}
