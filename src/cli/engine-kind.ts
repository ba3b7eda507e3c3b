import { MachineError } from '../core/errors.ts';
import type { EngineKind } from '../store/record.ts';

/** Value of --engine; undefined when it was not given. Throws `USAGE`. */
export function engineKind(given: string): EngineKind | undefined {
  if (given === '') return undefined;
  if (given === 'docker' || given === 'ts') return given;
  throw new MachineError('USAGE', `--engine: expected docker or ts, found ${JSON.stringify(given)}`);
}
