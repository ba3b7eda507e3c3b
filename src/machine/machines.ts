import type { MachineState } from '../driver/contract.ts';
import type { Machine, Machines } from './api.ts';
import { imagesOf } from './boot-images.ts';
import { exists } from './exists.ts';
import type { MachinesHost } from './host.ts';
import { machineNames } from './listing.ts';
import { StoredMachine } from './machine.ts';
import { isPlainName, notFound } from './names.ts';

export function machinesOf(host: MachinesHost): Machines {
  const there = (name: string) => (isPlainName(name) ? exists(host.paths.machine(name).dir) : Promise.resolve(false));
  return {
    names: () => machineNames(host.paths),
    exists: there,
    async load(name) {
      if (!(await there(name))) throw notFound(name);
      return StoredMachine.load(host, name);
    },
    create: async (request, steps) => (await import('./create.ts')).createMachine(host, request, steps),
    async remove(name, { force }) {
      await (await import('./remove.ts')).removeMachine(host, name, force);
      if (await exists(host.paths.rotation.next)) await (await import('./rotation.ts')).rotationMayEnd(host);
    },
    beginRotation: async () => (await import('./rotation.ts')).beginRotation(host),
    continueRotation: async (named) => (await import('./rotation.ts')).continueRotation(host, named),
    states: (machines) => statesOf(host, machines),
    images: imagesOf(host),
  };
}

/** Asks drivers that can tell many states at once for those of all their machines, the others one by one, all at the same time. */
async function statesOf(host: MachinesHost, machines: readonly Machine[]): Promise<ReadonlyMap<string, MachineState | Error>> {
  const states = new Map<string, MachineState | Error>();
  await askTogether(host, machines, states);
  const rest = machines.filter((machine) => !states.has(machine.name));
  await Promise.all(
    rest.map(async (machine) => {
      const answer = await machine.state().catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
      states.set(machine.name, answer);
    }),
  );
  return states;
}

async function askTogether(host: MachinesHost, machines: readonly Machine[], states: Map<string, MachineState | Error>): Promise<void> {
  const stored = machines.filter((machine) => machine instanceof StoredMachine && machine.failure === undefined) as StoredMachine[];
  const groups = Map.groupBy(stored, (machine) => machine.definition);
  await Promise.all(
    [...groups].map(async ([definition, group]) => {
      if (!definition.states) return;
      const { hostContext } = await import('./driver-context.ts');
      const context = await hostContext(host, definition.name, host.options.signal);
      const asked = group.map((machine) => ({ name: machine.name, state: machine.config.driver }));
      const answer = await definition.states(context, asked).catch(() => new Map<string, MachineState>()); // each is asked singly then
      for (const [name, state] of answer) states.set(name, state);
    }),
  );
}
