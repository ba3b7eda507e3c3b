import type { StepListener } from '../../machine/api.ts';
import type { Session } from '../session.ts';

export interface Progress extends StepListener {
  /** Ends what is still shown: the step that was running failed. */
  close(): Promise<void>;
}

/** Plain lines come from the library's log; steps with their times are shown with --debug there, and always on a terminal. */
export function stepProgress(session: Session): Progress {
  return {
    begin: (step, title) => session.log.debug(`${step}: ${title}`),
    detail: (step, text) => session.log.debug(`${step}: ${text}`),
    end: (step, milliseconds) => session.log.debug(`${step}: done in ${Math.round(milliseconds)} ms`),
    close: async () => {},
  };
}
