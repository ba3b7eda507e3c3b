import type { Machines, MachinesOptions } from './api.ts';
import { machinesHost } from './host.ts';
import { machinesOf } from './machines.ts';

export type * from './api.ts';

/** The machines of one store. Nothing is read or made yet. */
export function openMachines(options: MachinesOptions): Machines {
  return machinesOf(machinesHost(options));
}
