import { MachineError } from '../core/errors.ts';

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

export type InterruptSignal = keyof typeof EXIT_CODES;

/** The reason an abort signal carries when the user stops us: exit code 128 + the signal's number. */
export function interrupted(signal: InterruptSignal): MachineError {
  return new MachineError('INTERRUPTED', signal === 'SIGINT' ? 'Interrupted' : `Stopped by ${signal}`, { exitCode: EXIT_CODES[signal] });
}
