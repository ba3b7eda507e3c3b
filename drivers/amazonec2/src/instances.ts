import { isIP } from 'node:net';
import { MachineError, type MachineState } from 'tsmachine/driver';
import { allPages } from 'tsmachine/driver/cloud';
import { filter, type Parameter, type Parameters } from './query.ts';
import type { XmlElement } from './xml.ts';

/** A signed call of EC2, see `call`. */
export type Ec2 = (action: string, parameters: Parameters, expected?: readonly string[]) => Promise<XmlElement>;

export interface Instance {
  readonly id: string;
  /** EC2's word. */
  readonly state: string;
  /** '' when it has none. */
  readonly publicAddress: string;
  readonly privateAddress: string;
  readonly ipv6Address: string;
  readonly reservation: string;
  readonly account: string;
  /** Why it is in this state, where EC2 says so. */
  readonly reason: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** More values in one filter EC2 refuses. */
const MOST_VALUES = 200;

/** Filters instead of ids: an id that is not known (yet, or any more) is no error then. */
export async function findInstances(ec2: Ec2, filters: readonly Parameter[]): Promise<Instance[]> {
  return allPages(async (NextToken) => {
    const answer = await ec2('DescribeInstances', { Filter: filters, NextToken });
    return { items: answer.list('reservationSet').flatMap(instancesOf), next: answer.value('nextToken') };
  });
}

export async function instancesById(ec2: Ec2, ids: readonly string[]): Promise<Instance[]> {
  const found: Instance[] = [];
  for (let at = 0; at < ids.length; at += MOST_VALUES)
    found.push(...(await findInstances(ec2, [filter('instance-id', ...ids.slice(at, at + MOST_VALUES))])));
  return found;
}

/** Of a reservation, which RunInstances answers with too. */
export function instancesOf(reservation: XmlElement): Instance[] {
  return reservation.list('instancesSet').map((item) => ({
    id: item.value('instanceId'),
    state: item.value('instanceState/name'),
    publicAddress: address(item.value('ipAddress'), 4),
    privateAddress: address(item.value('privateIpAddress'), 4),
    ipv6Address: address(
      item.value('ipv6Address') || (item.find('networkInterfaceSet/item/ipv6AddressesSet/item')?.value('ipv6Address') ?? ''),
      6,
    ),
    reservation: reservation.value('reservationId'),
    account: reservation.value('ownerId'),
    reason: item.value('stateReason/message') || item.value('reason'),
    tags: tagsOf(item),
  }));
}

export const tagsOf = (item: XmlElement): Record<string, string> =>
  Object.fromEntries(item.list('tagSet').map((tag) => [tag.value('key'), tag.value('value')]));

/** What goes into certificates and connections is an address and nothing else. */
function address(text: string, version: 4 | 6): string {
  if (text === '' || isIP(text) === version) return text;
  throw new MachineError(
    'CLOUD_ANSWER',
    `AWS DescribeInstances: expected an IPv${version} address, found ${JSON.stringify(text.slice(0, 60))}`,
  );
}

const STATES: Readonly<Record<string, MachineState>> = {
  pending: 'Starting',
  running: 'Running',
  stopping: 'Stopping',
  'shutting-down': 'Stopping',
  stopped: 'Stopped',
  terminated: 'Error',
};

/** As docker-machine; one that is gone is in error. */
export const machineState = (instance: Instance | undefined): MachineState => STATES[instance?.state ?? 'terminated'] ?? 'Error';
