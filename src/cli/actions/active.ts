import { MachineError } from '../../core/errors.ts';
import { intFlag } from '../../driver/flags.ts';
import type { Action } from '../call.ts';
import { machineRows } from './machine-rows.ts';

/** Prints the name of the machine $DOCKER_HOST points to. */
export const active: Action = async ({ session, args }) => {
  if (args.names.length > 0) throw new MachineError('USAGE', 'Error: Too many arguments given');
  const rows = await machineRows(session, { timeout: intFlag(args.values, 'timeout') * 1000, version: false });
  const found = rows.find((row) => row.activeHost);
  if (!found) {
    const timedOut = rows.some((row) => row.state === 'Timeout');
    throw new MachineError('NO_ACTIVE_HOST', timedOut ? 'Error getting active host: timeout' : 'No active host found');
  }
  session.print(found.name);
  return 0;
};
