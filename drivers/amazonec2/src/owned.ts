/** Objects at AWS that carry the tags of this store: found and removed the same way by `rm` and `gc`. */
import type { HostContext, OwnedObject } from 'tsmachine/driver';
import { MachineError } from 'tsmachine/driver';
import { allPages, MACHINE_TAG, ownerOf, STORE_TAG, waitFor } from 'tsmachine/driver/cloud';
import { hasCode } from './api-errors.ts';
import { type Ec2, findInstances, instancesById, tagsOf } from './instances.ts';
import { filter, type Parameter } from './query.ts';

type Kind = 'instance' | 'volume' | 'key pair' | 'security group';

export interface Owned extends OwnedObject {
  readonly description: Kind;
}

/** What AWS calls a list: the action, the set in its answer, and what names an object for its deletion. */
const LISTS: readonly { kind: Kind; action: string; set: string; id: string }[] = [
  { kind: 'volume', action: 'DescribeVolumes', set: 'volumeSet', id: 'volumeId' },
  { kind: 'key pair', action: 'DescribeKeyPairs', set: 'keySet', id: 'keyName' },
  { kind: 'security group', action: 'DescribeSecurityGroups', set: 'securityGroupInfo', id: 'groupId' },
];

/** For instances to be gone, milliseconds. */
const PATIENCE = { timeout: 600_000, first: 500, longest: 5000 };

/** Of this store; `machine`: of this one alone. Instances that are terminated already are left out. */
export async function findOwned(ec2: Ec2, context: HostContext, machine?: string): Promise<Owned[]> {
  if (context.storeId === '') return [];
  const filters = [filter(`tag:${STORE_TAG}`, context.storeId), ...(machine === undefined ? [] : [filter(`tag:${MACHINE_TAG}`, machine)])];
  const ours = (kind: Kind, id: string, tags: Record<string, string>): Owned[] => {
    const owner = ownerOf(tags, context); // the answer is not believed: another store's object is never touched
    return owner === undefined || id === '' || (machine !== undefined && owner !== machine)
      ? []
      : [{ id, machine: owner, description: kind }];
  };
  const instances = findInstances(ec2, filters).then((found) =>
    found.filter(({ state }) => state !== 'terminated').flatMap(({ id, tags }) => ours('instance', id, tags)),
  );
  const lists = LISTS.map(async ({ kind, action, set, id }) =>
    (await listed(ec2, action, set, filters)).flatMap((item) => ours(kind, item.value(id), tagsOf(item))),
  );
  return (await Promise.all([instances, ...lists])).flat();
}

const listed = (ec2: Ec2, action: string, set: string, filters: readonly Parameter[]) =>
  allPages(async (token) => {
    const answer = await ec2(action, { Filter: filters, NextToken: token });
    return { items: answer.list(set), next: answer.value('nextToken') };
  });

/** Instances first, and until they are gone: what they use cannot go before. Idempotent. */
export async function removeObjects(ec2: Ec2, context: HostContext, objects: readonly Owned[]): Promise<void> {
  const ids = (kind: Kind) => objects.filter(({ description }) => description === kind).map(({ id }) => id);
  await terminate(ec2, context, ids('instance'));
  for (const VolumeId of ids('volume')) await gone(ec2, context, 'DeleteVolume', { VolumeId }, ['InvalidVolume.NotFound']);
  for (const KeyName of ids('key pair')) await gone(ec2, context, 'DeleteKeyPair', { KeyName }, ['InvalidKeyPair.NotFound']);
  for (const GroupId of ids('security group')) await gone(ec2, context, 'DeleteSecurityGroup', { GroupId }, ['InvalidGroup.NotFound']);
}

async function terminate(ec2: Ec2, context: HostContext, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const unknown = 'InvalidInstanceID.NotFound';
  await ec2('TerminateInstances', { InstanceId: ids }, [unknown]).catch((error: unknown) => {
    if (!hasCode(error, unknown)) throw error;
  });
  const look = async () => ((await instancesById(ec2, ids)).every(({ state }) => state === 'terminated') ? true : undefined);
  await waitFor(look, { ...PATIENCE, late: () => late(`instance ${ids.join(', ')} terminates`) }, context);
}

/** Network interfaces of a terminated instance hold a group, and a volume is detached, for some seconds more. */
async function gone(
  ec2: Ec2,
  context: HostContext,
  action: string,
  what: Record<string, string>,
  missing: readonly string[],
): Promise<void> {
  const busy = ['DependencyViolation', 'InvalidGroup.InUse', 'VolumeInUse', 'IncorrectState'];
  let reason = '';
  const attempt = async () => {
    try {
      await ec2(action, what, [...missing, ...busy]);
      return true;
    } catch (error) {
      if (hasCode(error, ...missing)) return true;
      if (!hasCode(error, ...busy)) throw error;
      reason = (error as Error).message;
      return undefined;
    }
  };
  await waitFor(
    attempt,
    { ...PATIENCE, timeout: 120_000, late: () => late(`${Object.values(what).join()} can be deleted (${reason})`) },
    context,
  );
}

const late = (what: string) =>
  new MachineError('CLOUD_TIMEOUT', `AWS did not get so far that ${what}`, { hint: 'the same command tries again' });
