import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { RemoteShell } from '../ssh/remote-shell.ts';
import type { EngineFacts, Facts } from './facts.ts';
import type { Family } from './families.ts';

/** What provisioning has to work with: a way into the machine, and who hears of it. */
export interface Workplace {
  /** As the login user. */
  readonly shell: RemoteShell;
  readonly log: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The user said yes beforehand to what stops containers. */
  readonly agreed?: boolean;
  /** Asks the user, where there is one to ask. */
  readonly ask?: (question: { readonly text: string; readonly secret: boolean }) => Promise<string | undefined>;
}

/** A distribution that is known, with a root shell on it and its lock held. */
export interface Guest extends Omit<Workplace, 'shell'> {
  readonly root: RemoteShell;
  readonly facts: Facts;
  /** As found before anything was changed. */
  readonly engine: EngineFacts;
  readonly family: Family;
}
