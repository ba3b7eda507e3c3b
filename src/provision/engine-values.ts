import { MachineError } from '../core/errors.ts';

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is refused
const CONTROL = /[\u0000-\u001f\u007f]/;

/** Throws `ENGINE_OPTION` for what no line of a configuration file can carry. */
export function refuseControl(values: readonly string[]): void {
  const found = values.find((value) => CONTROL.test(value));
  if (found !== undefined)
    throw new MachineError('ENGINE_OPTION', `engine options cannot hold control characters or line ends: ${JSON.stringify(found)}`);
}

/** Throws `ENGINE_OPTION` for what is no NAME=value. */
export function checkAssignments(env: readonly string[]): void {
  const found = env.find((assignment) => !/^[A-Za-z_]\w*=/.test(assignment));
  if (found !== undefined) throw new MachineError('ENGINE_OPTION', `--engine-env: expected NAME=value, found ${JSON.stringify(found)}`);
}
