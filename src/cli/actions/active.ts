import { MachineError } from '../../core/errors.ts';
import type { Action } from '../call.ts';
import { close, timeoutOf } from './ls.ts';
import { loadAll, machineRows } from './machine-rows.ts';

/** Prints the name of the machine $DOCKER_HOST points to. */
export const active: Action = async (call) => {
  const { session, args } = call;
  if (args.names.length > 0) throw new MachineError('USAGE', 'Error: Too many arguments given');
  const all = await loadAll(session);
  try {
    const rows = await machineRows(session, all.machines, all, { timeout: timeoutOf(call), version: false });
    const found = rows.find((row) => row.activeHost || row.activeSwarm);
    if (found) session.print(found.name);
    else if (rows.some((row) => row.state === 'Timeout')) throw new MachineError('NO_ACTIVE_HOST', 'Error getting active host: timeout');
    else throw new MachineError('NO_ACTIVE_HOST', 'No active host found');
  } finally {
    await close(all);
  }
  return 0;
};
