import type { MachineState } from '../driver/contract.ts';
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

async function statesTogether(host: MachinesHost, machines: readonly Machine[]): Promise<ReadonlyMap<string, MachineState>> {
  const states = new Map<string, MachineState>();
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
  return states;
}
