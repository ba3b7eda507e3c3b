import type { AskedMachine, HostContext, MachineState } from 'tsmachine/driver';
import { openAccount } from './account.ts';
import { instancesById, machineState } from './instances.ts';
import type { Sightings } from './sightings.ts';
import type { Ec2State } from './state.ts';

interface Asked {
  readonly machine: AskedMachine;
  readonly state: Ec2State;
}

/** One call for all machines that are reached with the same credentials in the same region. Who cannot be asked so is left out. */
export async function statesOf(
  context: HostContext,
  machines: readonly AskedMachine[],
  sightings: Sightings,
): Promise<ReadonlyMap<string, MachineState>> {
  const groups = new Map<string, Asked[]>();
  for (const machine of machines) {
    const state = JSON.parse(machine.state) as Ec2State;
    if (!state.InstanceId) continue;
    const key = JSON.stringify([
      state.Region,
      state.Endpoint,
      state.Profile,
      state.AccessKey,
      await machine.secret('amazonec2-access-key').catch(() => machine.name),
    ]);
    groups.set(key, [...(groups.get(key) ?? []), { machine, state }]);
  }
  const states = new Map<string, MachineState>();
  await Promise.all([...groups.values()].map((group) => ask(context, group, states, sightings)));
  return states;
}

async function ask(context: HostContext, group: readonly Asked[], states: Map<string, MachineState>, sightings: Sightings): Promise<void> {
  const [first] = group;
  if (!first) return;
  const { state, machine } = first;
  const account = openAccount(context, state, (flag) => machine.secret(flag));
  const found = await instancesById(
    account.ec2,
    group.map((each) => each.state.InstanceId),
  ).catch((error: unknown) => {
    context.log.debug(`amazonec2: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  });
  if (!found) return;
  for (const instance of found) sightings.note(instance, context.clock.now());
  const byId = new Map(found.map((instance) => [instance.id, instance]));
  for (const each of group) {
    const instance = byId.get(each.state.InstanceId);
    if (instance) states.set(each.machine.name, machineState(instance)); // one that is not seen is asked singly: is it the right account?
  }
}
