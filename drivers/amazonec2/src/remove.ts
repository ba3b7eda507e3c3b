import type { DriverContext } from 'tsmachine/driver';
import { waitFor } from 'tsmachine/driver/cloud';
import { type Account, refuseOtherAccount } from './account.ts';
import { hasCode } from './api-errors.ts';
import { type Ec2, instancesById } from './instances.ts';
import { findOwned, type Owned, removeObjects } from './owned.ts';
import type { Ec2State } from './state.ts';

/** For as long a new object may be missing from AWS's lists, milliseconds. */
const SETTLING = 15_000;

/** Everything of this machine's, by its tags; what docker-machine made, by its names. Idempotent. */
export async function removeMachine(context: DriverContext, account: Account, state: Ec2State): Promise<void> {
  if (state.InstanceId === '' && state.VpcId === '' && state.AccountId === '') return; // nothing was ever made
  const { ec2 } = account;
  const owned = await ownedAfterLaunch(ec2, context, state);
  const known = await knownInstance(ec2, context, state);
  if (owned.length === 0 && known.length === 0) await refuseOtherAccount(account, state.AccountId);
  await removeObjects(ec2, context, [...owned, ...known.filter(({ id }) => !owned.some((object) => object.id === id))]);
  if (isDockerMachines(state) && !state.ExistingKey)
    await ec2('DeleteKeyPair', { KeyName: state.KeyName }, ['InvalidKeyPair.NotFound']).catch((error: unknown) => {
      if (!hasCode(error, 'InvalidKeyPair.NotFound')) throw error;
    });
}

/** An instance that was asked for a moment ago, by a create that died before it had the answer, may not be listed yet. */
async function ownedAfterLaunch(ec2: Ec2, context: DriverContext, { LaunchedAt, InstanceId }: Ec2State): Promise<Owned[]> {
  const settled = LaunchedAt + SETTLING;
  let found: Owned[] = [];
  const look = async () => {
    found = await findOwned(ec2, context, context.machineName);
    const isComplete = LaunchedAt === 0 || InstanceId !== '' || found.some(({ description }) => description === 'instance');
    return isComplete || context.clock.now() > settled ? found : undefined;
  };
  return waitFor(look, { timeout: SETTLING * 2, first: 1000, longest: 3000, late: () => new Error('a clock that stands still') }, context);
}

/** The instance of the state, which docker-machine has not tagged. */
async function knownInstance(ec2: Ec2, context: DriverContext, { InstanceId }: Ec2State): Promise<Owned[]> {
  if (InstanceId === '') return [];
  const found = (await instancesById(ec2, [InstanceId])).filter(({ state }) => state !== 'terminated');
  if (found.length === 0) context.log.debug(`instance ${InstanceId} is gone`);
  return found.map(({ id }) => ({ id, machine: context.machineName, description: 'instance' }));
}

/** It named the key pair as the machine; ours has another name. */
const isDockerMachines = ({ KeyName, MachineName }: Ec2State): boolean => KeyName === MachineName;
