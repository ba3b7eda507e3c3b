import type { Platform } from '../host/platform.ts';
import type { ProcessRunner } from '../host/process-runner.ts';

/** Where a machine's supervisor works, and what of this computer is needed to reach it. */
export interface SupervisedPlace {
  /** The machine's folder, absolute. */
  readonly dir: string;
  readonly platform: Platform;
  readonly runner: Pick<ProcessRunner, 'run'>;
}
