import { messageOf } from '../core/errors.ts';
import type { DriverDefinition, MachineState } from '../driver/contract.ts';
import { configText, readConfig } from '../store/config.ts';
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
    async storedConfig(name) {
      if (!(await there(name))) throw notFound(name);
      const paths = host.paths.machine(name);
      return configText(await readConfig(paths.config, name));
    },
    create: async (request, steps) => (await import('./create.ts')).createMachine(host, request, steps),
    plan: async (request) => (await import('./plan.ts')).planCreate(host, request),
    async remove(name, { force }) {
      await (await import('./remove.ts')).removeMachine(host, name, force);
      if (await exists(host.paths.rotation.next)) await (await import('./rotation.ts')).rotationMayEnd(host);
    },
    beginRotation: async () => (await import('./rotation.ts')).beginRotation(host),
    certificates: async (names) => (await import('./certificate-list.ts')).certificateList(host, names),
    continueRotation: async (named) => (await import('./rotation.ts')).continueRotation(host, named),
    orphans: async () => (await import('./garbage/index.ts')).orphansOf(host),
    statesTogether: (machines) => statesTogether(host, machines),
    copy: async (request, listener) => (await import('./copy.ts')).copyBetween(host, request, listener),
    async copyWith(tool, { quiet, ...request }, streams) {
      const { copyWithRsync, copyWithScp } = await import('./ssh-tools.ts');
      await (tool === 'scp' ? copyWithScp : copyWithRsync)(host, request, quiet, streams);
    },
    mount: async (place, mountPoint, streams) => (await import('./ssh-tools.ts')).mountWithSshfs(host, place, mountPoint, streams),
    unmount: async (mountPoint, streams) => (await import('./ssh-tools.ts')).unmount(host, mountPoint, streams),
    images: imagesOf(host),
  };
}

function statesTogether(host: MachinesHost, machines: readonly Machine[]): ReturnType<Machines['statesTogether']> {
  const stored = machines.filter((machine) => machine instanceof StoredMachine && machine.failure === undefined) as StoredMachine[];
  const groups = Map.groupBy(stored, (machine) => machine.definition);
  const answers = new Map<DriverDefinition, Promise<ReadonlyMap<string, MachineState>>>();
  return async (machine) => {
    if (!(machine instanceof StoredMachine) || machine.failure !== undefined || !machine.definition.states) return undefined;
    const { definition } = machine;
    const answer = answers.get(definition) ?? statesOf(host, definition, groups.get(definition) ?? []);
    answers.set(definition, answer);
    return (await answer).get(machine.name);
  };
}

/** Empty when the call fails: each is asked itself then. */
async function statesOf(host: MachinesHost, definition: DriverDefinition, group: readonly StoredMachine[]) {
  const { hostContext } = await import('./driver-context.ts');
  const { driverSecret } = await import('./driver-secret.ts');
  const asked = group.map(({ name, config }) => ({
    name,
    state: config.driver,
    secret: (flag: string) => driverSecret(host, host.paths.machine(name), definition, flag, undefined),
  }));
  try {
    const context = await hostContext(host, definition.name, host.options.signal);
    return (await definition.states?.(context, asked)) ?? new Map<string, MachineState>();
  } catch (error) {
    host.options.log.debug(`driver ${definition.name}: the states of all machines could not be had in one call: ${messageOf(error)}`);
    return new Map<string, MachineState>();
  }
}
