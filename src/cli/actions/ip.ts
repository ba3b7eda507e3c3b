import type { Action } from '../call.ts';
import { withMachines } from '../pick-machines.ts';

export const ip: Action = async ({ session, args }) => {
  for (const address of await withMachines(session, args.names, (machine) => machine.ip())) session.print(address);
  return 0;
};
