import { MachineError } from '../core/errors.ts';

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export type InterruptSignal = keyof typeof EXIT_CODES;

/** Milliseconds a command that was stopped gets to let go of what it holds. */
const GRACE = 2000;

/** The work's own end, or the signal's reason when it was stopped and does not end soon after. */
export async function stoppable<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const stopped = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  const stop = () => {
    timer = setTimeout(() => stopped.reject(signal.reason), GRACE);
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await Promise.race([work, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(timer);
  }
}

/** The reason an abort signal carries when the user stops us: exit code 128 + the signal's number. */
export function interrupted(signal: InterruptSignal): MachineError {
  return new MachineError('INTERRUPTED', signal === 'SIGINT' ? 'Interrupted' : `Stopped by ${signal}`, { exitCode: EXIT_CODES[signal] });
}
