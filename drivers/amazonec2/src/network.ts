/** Where the instance goes: subnets of the zones that were asked for, and security groups that are there. */
import { MachineError } from 'tsmachine/driver';
import { allPages } from 'tsmachine/driver/cloud';
import type { Ec2 } from './instances.ts';
import { filter, type Parameter } from './query.ts';
import type { Ec2State } from './state.ts';

export interface Subnet {
  readonly id: string;
  readonly vpc: string;
  readonly zone: string;
  readonly cidr: string;
  /** '' without IPv6. */
  readonly ipv6Cidr: string;
  readonly isDefault: boolean;
}

type Place = Pick<Ec2State, 'Region' | 'Zone' | 'VpcId' | 'SubnetId' | 'IPv6Only'>;

/** One for each zone, in the order in which they are tried. Throws CLOUD_NETWORK. */
export async function findSubnets(ec2: Ec2, place: Place): Promise<[Subnet, ...Subnet[]]> {
  const zones = zonesOf(place);
  const filters = filtersOf(place, zones);
  const found = await allPages(async (NextToken) => {
    const answer = await ec2('DescribeSubnets', { Filter: filters, NextToken });
    const items = answer.list('subnetSet').map((item) => ({
      id: item.value('subnetId'),
      vpc: item.value('vpcId'),
      zone: item.value('availabilityZone'),
      cidr: item.value('cidrBlock'),
      ipv6Cidr: item.find('ipv6CidrBlockAssociationSet/item')?.value('ipv6CidrBlock') ?? '',
      isDefault: item.value('defaultForAz') === 'true',
    }));
    return { items, next: answer.value('nextToken') };
  });
  const usable = place.IPv6Only ? found.filter(({ ipv6Cidr }) => ipv6Cidr !== '') : found;
  const order = zones.length > 0 ? zones : [...new Set(usable.map(({ zone }) => zone))].sort();
  const [first, ...more] = order.flatMap((zone) => {
    const here = usable.filter((subnet) => subnet.zone === zone);
    return (here.find(({ isDefault }) => isDefault) ?? here[0]) || [];
  });
  if (first) return [first, ...more];
  throw new MachineError(
    'CLOUD_NETWORK',
    `${place.Region} has no ${kindOf(place)} subnet${place.SubnetId && ` ${place.SubnetId}`}${zones.length > 0 ? ` in ${zones.join(', ')}` : ''}`,
    {
      hint: 'give --amazonec2-subnet-id or --amazonec2-vpc-id; `aws ec2 create-default-vpc` makes what AWS had once made',
    },
  );
}

const kindOf = ({ VpcId, SubnetId, IPv6Only }: Place): string => (IPv6Only ? 'IPv6' : VpcId || SubnetId ? 'such' : 'default');

/** `a` and `eu-central-1a` are the same. */
export const zonesOf = ({ Zone, Region }: Pick<Ec2State, 'Zone' | 'Region'>): string[] =>
  Zone.split(',')
    .map((zone) => zone.trim())
    .filter((zone) => zone !== '')
    .map((zone) => (/^[a-z]$/.test(zone) ? `${Region}${zone}` : zone));

function filtersOf({ SubnetId, VpcId }: Place, zones: readonly string[]): Parameter[] {
  if (SubnetId !== '') return [filter('subnet-id', SubnetId)];
  const inZones = zones.length === 0 ? [] : [filter('availability-zone', ...zones)];
  return [VpcId === '' ? filter('default-for-az', 'true') : filter('vpc-id', VpcId), ...inZones];
}

/** Ids of the groups with these names in this VPC. Throws CLOUD_NETWORK for one that is not there. */
export async function findGroups(ec2: Ec2, names: readonly string[], vpc: string): Promise<string[]> {
  if (names.length === 0) return [];
  const answer = await ec2('DescribeSecurityGroups', { Filter: [filter('vpc-id', vpc), filter('group-name', ...names)] });
  const found = answer.list('securityGroupInfo');
  return names.map((name) => {
    const group = found.find((each) => each.value('groupName') === name);
    if (group) return group.value('groupId');
    throw new MachineError('CLOUD_NETWORK', `--amazonec2-security-group: there is no group ${JSON.stringify(name)} in ${vpc}`, {
      hint: 'without the flag the machine gets a group of its own',
    });
  });
}
