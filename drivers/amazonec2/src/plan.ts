import type { DriverContext } from 'tsmachine/driver';
import { ownName } from 'tsmachine/driver/cloud';
import { DEFAULT_IMAGE } from './images.ts';
import { zonesOf } from './network.ts';
import type { Ec2State } from './state.ts';

/** The calls of `create`, in order; none is made. */
export function planOf(context: DriverContext, state: Ec2State): string[] {
  const name = ownName(context);
  const named = state.SecurityGroupNames.join(', ');
  const image = state.Image || DEFAULT_IMAGE;
  const zones = zonesOf(state).join(', ') || 'each zone in turn';
  const address = state.IPv6Only ? 'an IPv6 address' : state.PrivateIPOnly ? 'a private address' : 'a public address';
  const lines = [
    ...(state.Endpoint === '' ? ['sts GetCallerIdentity'] : []),
    `ec2 DescribeInstanceTypes ${state.InstanceType}`,
    `ec2 DescribeImages ${image}`,
    `ec2 DescribeSubnets ${state.SubnetId || state.VpcId || 'of the default VPC'} (${zones})`,
    ...(named === '' ? [] : [`ec2 DescribeSecurityGroups ${named}`]),
    ...(state.SecurityGroupReadOnly
      ? []
      : [
          `ec2 CreateSecurityGroup ${name}`,
          `ec2 AuthorizeSecurityGroupIngress tcp ${state.SSHPort}, 2376 from ${sources(state)}${openPorts(state)}`,
        ]),
    ...(state.ExistingKey ? [] : [`ec2 ImportKeyPair ${name}`]),
    `ec2 RunInstances ${state.InstanceType}${state.RequestSpotInstance ? ' (spot)' : ''}, ${state.RootSize} GB ${state.VolumeType}, ${address}`,
    'ec2 DescribeInstances until it runs',
  ];
  return lines.map((line) => `${state.Region}: ${line}`);
}

const sources = ({ OpenFirewall, OpenTo }: Ec2State): string => (OpenFirewall ? 'everywhere' : OpenTo || 'the address of this computer');

const openPorts = ({ OpenPorts }: Ec2State): string => (OpenPorts.length === 0 ? '' : `; ${OpenPorts.join(', ')} from everywhere`);
