/** Making the objects of one machine. Each call bears being made again after its answer was lost. */
import { type DriverContext, MachineError, messageOf } from 'tsmachine/driver';
import { idempotencyToken, ownerOf, ownerTags, ownName } from 'tsmachine/driver/cloud';
import { hasCode, lacksCapacity } from './api-errors.ts';
import { userTags } from './configure.ts';
import { type Ec2, type Instance, instancesOf, tagsOf } from './instances.ts';
import type { Subnet } from './network.ts';
import { filter, type Parameter, type Parameters } from './query.ts';
import type { Ec2State } from './state.ts';

/** The id of the machine's own group in this VPC. */
export async function makeGroup(ec2: Ec2, context: DriverContext, VpcId: string): Promise<string> {
  const GroupName = ownName(context);
  const made = {
    GroupName,
    GroupDescription: `tsmachine ${context.machineName}`,
    VpcId,
    TagSpecification: [tagged('security-group', ownerTags(context))],
  };
  try {
    return (await ec2('CreateSecurityGroup', made, ['InvalidGroup.Duplicate'])).value('groupId');
  } catch (error) {
    if (!hasCode(error, 'InvalidGroup.Duplicate')) throw error;
    const answer = await ec2('DescribeSecurityGroups', { Filter: [filter('vpc-id', VpcId), filter('group-name', GroupName)] });
    const ours = answer.list('securityGroupInfo').find((group) => ownerOf(tagsOf(group), context) === context.machineName);
    if (ours) return ours.value('groupId');
    throw notOurs('security group', GroupName, error);
  }
}

/** Imports the machine's public key under a name of its own; the name is given. */
export async function makeKeyPair(ec2: Ec2, context: DriverContext, publicLine: string): Promise<string> {
  const KeyName = ownName(context);
  const PublicKeyMaterial = Buffer.from(publicLine).toString('base64');
  try {
    await ec2('ImportKeyPair', { KeyName, PublicKeyMaterial, TagSpecification: [tagged('key-pair', ownerTags(context))] }, [
      'InvalidKeyPair.Duplicate',
    ]);
  } catch (error) {
    if (!hasCode(error, 'InvalidKeyPair.Duplicate')) throw error;
    const answer = await ec2('DescribeKeyPairs', { Filter: [filter('key-name', KeyName)] });
    if (!answer.list('keySet').some((key) => ownerOf(tagsOf(key), context) === context.machineName))
      throw notOurs('key pair', KeyName, error);
  }
  return KeyName;
}

const notOurs = (what: string, name: string, cause: unknown) =>
  new MachineError('CLOUD_REFUSED', `AWS has a ${what} ${JSON.stringify(name)} that is not this machine's`, { cause });

export interface Launch {
  readonly state: Ec2State;
  readonly groups: readonly string[];
  readonly userData: string;
  readonly warn: (line: string) => void;
}

/** In the first zone that has such an instance to give. Throws CLOUD_CAPACITY when none has. */
export async function launch(
  ec2: Ec2,
  context: DriverContext,
  wish: Launch,
  subnets: readonly Subnet[],
): Promise<{ instance: Instance; subnet: Subnet }> {
  const reasons: string[] = [];
  for (const subnet of subnets) {
    const ClientToken = idempotencyToken(wish.state.Id, subnet.id); // another zone is another call
    try {
      const answer = await ec2('RunInstances', { ...launchParameters(context, wish, subnet), ClientToken }, CAPACITY);
      const [instance] = instancesOf(answer);
      if (instance) return { instance, subnet };
      throw new MachineError('CLOUD_ANSWER', 'AWS RunInstances: expected an instance, found none');
    } catch (error) {
      if (!lacksCapacity(error)) throw error;
      reasons.push(`${subnet.zone}: ${messageOf(error)}`);
      if (subnets.length > reasons.length)
        context.log.warn(`Zone ${subnet.zone} has no capacity for a ${wish.state.InstanceType}; trying the next one`);
    }
  }
  throw new MachineError('CLOUD_CAPACITY', `AWS has no capacity for a ${wish.state.InstanceType} (${reasons.join('; ')})`, {
    hint: 'try again later, or other zones or another type: --amazonec2-zone, --amazonec2-instance-type',
  });
}

const CAPACITY = [
  'InsufficientInstanceCapacity',
  'InsufficientHostCapacity',
  'SpotMaxPriceTooLow',
  'InsufficientFreeAddressesInSubnet',
  'Unsupported',
];

function launchParameters(context: DriverContext, { state, groups, userData, warn }: Launch, subnet: Subnet): Parameters {
  const { RequestSpotInstance, SpotPrice, IamInstanceProfile, Monitoring, UseEbsOptimizedInstance } = state;
  return {
    ImageId: state.AMI,
    InstanceType: state.InstanceType,
    MinCount: 1,
    MaxCount: 1,
    KeyName: state.KeyName,
    UserData: userData === '' ? undefined : Buffer.from(userData).toString('base64'),
    EbsOptimized: UseEbsOptimizedInstance || undefined,
    Monitoring: Monitoring ? { Enabled: true } : undefined,
    // IMDSv2 alone. Containers, one hop further, are let to it where the machine was given a role.
    MetadataOptions: { HttpEndpoint: 'enabled', HttpTokens: 'required', HttpPutResponseHopLimit: IamInstanceProfile === '' ? 1 : 2 },
    IamInstanceProfile: IamInstanceProfile === '' ? undefined : { Name: IamInstanceProfile },
    BlockDeviceMapping: [
      { DeviceName: state.DeviceName, Ebs: { VolumeSize: state.RootSize, VolumeType: state.VolumeType, DeleteOnTermination: true } },
    ],
    NetworkInterface: [networkInterface(state, subnet.id, groups)],
    InstanceMarketOptions: RequestSpotInstance
      ? { MarketType: 'spot', SpotOptions: { SpotInstanceType: 'one-time', MaxPrice: SpotPrice || undefined } }
      : undefined,
    TagSpecification: tagSpecifications(context, state, warn),
  };
}

function networkInterface({ PrivateIPOnly, IPv6Only }: Ec2State, SubnetId: string, groups: readonly string[]): Parameter {
  return {
    DeviceIndex: 0,
    SubnetId,
    SecurityGroupId: [...groups],
    AssociatePublicIpAddress: !PrivateIPOnly && !IPv6Only,
    Ipv6AddressCount: IPv6Only ? 1 : undefined,
    DeleteOnTermination: true,
  };
}

function tagSpecifications(context: DriverContext, state: Ec2State, warn: (line: string) => void): Parameter[] {
  const tags = { Name: context.machineName, ...userTags(state.Tags, warn), ...ownerTags(context) };
  const kinds = ['instance', 'volume', 'network-interface', ...(state.RequestSpotInstance ? ['spot-instances-request'] : [])];
  return kinds.map((kind) => tagged(kind, tags));
}

const tagged = (ResourceType: string, tags: Readonly<Record<string, string>>): Parameter => ({
  ResourceType,
  Tag: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
});
