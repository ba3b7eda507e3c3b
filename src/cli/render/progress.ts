import type { StepListener } from '../../machine/api.ts';
import type { InfoSink } from '../console-logger.ts';
import type { Session } from '../session.ts';

export interface Progress extends StepListener, InfoSink {
  /** Ends what is still shown: a step that did not end has failed. */
  close(): Promise<void>;
}

/** On a terminal (of a width that holds a line) steps with their times; elsewhere, and with --debug, the library's plain lines. */
export async function stepProgress(session: Session): Promise<Progress> {
  if (showsSteps(session)) return (await import('./terminal-steps.ts')).terminalSteps();
  return {
    info: (message) => void session.input.out.write(`${message}\n`),
    begin: (step, title) => session.log.debug(`${step}: ${title}`),
    detail: (step, text) => session.log.debug(`${step}: ${text}`),
    end: (step, milliseconds) => session.log.debug(`${step}: done in ${Math.round(milliseconds)} ms`),
    close: async () => {},
  };
}

/**
 * Runs `work` on the one machine named; on a terminal each of its lines that ends with dots is a step, and the others are said
 * below it. Several machines work at the same time: their lines stay lines.
 */
export async function linesAsSteps<T>(session: Session, names: readonly string[], work: () => Promise<T>): Promise<T> {
  if (names.length > 1 || !showsSteps(session)) return work();
  const steps = (await import('./terminal-steps.ts')).terminalSteps();
  let step = '';
  session.log.redirectInfo({
    ...steps,
    info(message) {
      if (!message.endsWith('...')) return steps.info(message);
      steps.end(step, 0);
      step = message.slice(0, -3);
      steps.begin(step, step);
    },
  });
  try {
    const result = await work();
    steps.end(step, 0);
    return result;
  } finally {
    session.log.redirectInfo(undefined);
    await steps.close();
  }
}

const showsSteps = ({ input, globals }: Session): boolean =>
  input.out.isTTY === true && (input.stdout.columns ?? 0) >= 40 && !globals.debug;
