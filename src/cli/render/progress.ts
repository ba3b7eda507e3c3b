import type { StepListener } from '../../machine/api.ts';
import type { InfoSink } from '../console-logger.ts';
import type { Session } from '../session.ts';

export interface Progress extends StepListener, InfoSink {
  /** Ends what is still shown: a step that did not end has failed. */
  close(): Promise<void>;
}

/** On a terminal (of a width that holds a line) steps with their times; elsewhere, and with --debug, the library's plain lines. */
export async function stepProgress(session: Session): Promise<Progress> {
  const { input, globals } = session;
  if (input.out.isTTY && (input.stdout.columns ?? 0) >= 40 && !globals.debug) return (await import('./terminal-steps.ts')).terminalSteps();
  return {
    info: (message) => void input.out.write(`${message}\n`),
    begin: (step, title) => session.log.debug(`${step}: ${title}`),
    detail: (step, text) => session.log.debug(`${step}: ${text}`),
    end: (step, milliseconds) => session.log.debug(`${step}: done in ${Math.round(milliseconds)} ms`),
    close: async () => {},
  };
}
