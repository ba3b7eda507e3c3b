/** The driver's flags as its state; what cannot be right is refused before anything is asked of AWS. */
import { type FlagValues, intFlag, MachineError, stringFlag } from 'tsmachine/driver';
import { parseSources } from 'tsmachine/driver/cloud';
import type { Ec2State } from './state.ts';

/** `warn` is told of flags that have lost their meaning. */
export function wishesOf(flags: FlagValues, warn: (line: string) => void): Partial<Ec2State> {
  const text = (name: string) => stringFlag(flags, `amazonec2-${name}`);
  const yes = (name: string) => flags[`amazonec2-${name}`] === true;
  const list = (name: string) => listFlag(flags, `amazonec2-${name}`);
  const SSHPort = numberWithin(flags, 'amazonec2-ssh-port', 1, 65_535);
  const wishes = {
    SSHUser: text('ssh-user'),
    SSHPort,
    Region: text('region'),
    Image: text('ami'),
    ExistingKey: text('keypair-name') !== '',
    KeyName: text('keypair-name'),
    InstanceType: text('instance-type'),
    SecurityGroupNames: list('security-group'),
    SecurityGroupReadOnly: yes('security-group-readonly'),
    OpenPorts: list('open-port'),
    Tags: text('tags'),
    DeviceName: text('device-name'),
    RootSize: numberWithin(flags, 'amazonec2-root-size', 1, 65_536),
    VolumeType: text('volume-type'),
    IamInstanceProfile: text('iam-instance-profile'),
    VpcId: text('vpc-id'),
    SubnetId: text('subnet-id'),
    Zone: text('zone'),
    RequestSpotInstance: yes('request-spot-instance'),
    SpotPrice: text('spot-price'),
    BlockDurationMinutes: intFlag(flags, 'amazonec2-block-duration-minutes'),
    PrivateIPOnly: yes('private-address-only'),
    UsePrivateIP: yes('use-private-address'),
    UseEbsOptimizedInstance: yes('use-ebs-optimized-instance'),
    Monitoring: yes('monitoring'),
    SSHPrivateKeyPath: text('ssh-keypath'),
    RetryCount: numberWithin(flags, 'amazonec2-retries', -1, 100),
    Endpoint: text('endpoint'),
    DisableSSL: yes('insecure-transport'),
    UserDataFile: text('userdata'),
    Profile: text('profile'),
    IPv6Only: yes('ipv6-address-only'),
    OpenFirewall: yes('open-firewall'),
    OpenTo: text('open-to'),
  };
  refuseContradictions(wishes);
  if (wishes.BlockDurationMinutes !== 0)
    warn('--amazonec2-block-duration-minutes has no effect: AWS no longer sells spot instances of a fixed duration');
  if (wishes.SpotPrice !== '' && !wishes.RequestSpotInstance)
    warn('--amazonec2-spot-price has no effect without --amazonec2-request-spot-instance');
  return wishes;
}

function refuseContradictions(wishes: ReturnType<typeof asWishes>): void {
  const refuse = (message: string): never => {
    throw new MachineError('DRIVER_FLAG', message);
  };
  if (wishes.ExistingKey && wishes.SSHPrivateKeyPath === '') refuse('using --amazonec2-keypair-name also requires --amazonec2-ssh-keypath');
  if (wishes.DisableSSL && wishes.Endpoint === '') refuse('using --amazonec2-insecure-transport also requires --amazonec2-endpoint');
  if (wishes.SecurityGroupReadOnly && wishes.SecurityGroupNames.length === 0)
    refuse('--amazonec2-security-group-readonly makes no security group: expected --amazonec2-security-group too');
  if (wishes.IPv6Only && (wishes.PrivateIPOnly || wishes.UsePrivateIP))
    refuse('expected --amazonec2-ipv6-address-only or a private address, found both');
  if (!/^[a-z0-9-]*$/.test(wishes.Region))
    refuse(`--amazonec2-region: expected a name such as eu-central-1, found ${JSON.stringify(wishes.Region)}`);
  if (!/^[a-z0-9][a-z0-9.-]*$/.test(wishes.InstanceType))
    refuse(`--amazonec2-instance-type: expected a type such as t3.micro, found ${JSON.stringify(wishes.InstanceType)}`);
  if (wishes.SpotPrice !== '' && !/^\d{1,6}(\.\d{1,6})?$/.test(wishes.SpotPrice))
    refuse(`--amazonec2-spot-price: expected dollars such as 0.05, found ${JSON.stringify(wishes.SpotPrice)}`);
  if (wishes.OpenTo !== '') parseSources(wishes.OpenTo, '--amazonec2-open-to');
  wishes.OpenPorts.forEach(portOf);
}

const asWishes = (
  wishes: Pick<
    Ec2State,
    | 'ExistingKey'
    | 'SSHPrivateKeyPath'
    | 'DisableSSL'
    | 'Endpoint'
    | 'SecurityGroupReadOnly'
    | 'SecurityGroupNames'
    | 'IPv6Only'
    | 'PrivateIPOnly'
    | 'UsePrivateIP'
    | 'Region'
    | 'InstanceType'
    | 'SpotPrice'
    | 'OpenTo'
    | 'OpenPorts'
  >,
) => wishes;

/** `PORT[/tcp|udp]` */
export function portOf(text: string): { readonly port: number; readonly protocol: 'tcp' | 'udp' } {
  const [, digits, protocol = 'tcp'] = /^(\d{1,5})(?:\/(tcp|udp))?$/.exec(text) ?? [];
  const port = Number(digits ?? 0);
  if (port < 1 || port > 65_535)
    throw new MachineError('DRIVER_FLAG', `--amazonec2-open-port: expected PORT or PORT/udp, found ${JSON.stringify(text)}`);
  return { port, protocol: protocol === 'udp' ? 'udp' : 'tcp' };
}

/** `key1,value1,key2,value2`; a key without a value is told and left out, as docker-machine does. */
export function userTags(text: string, warn: (line: string) => void): Record<string, string> {
  const parts = text === '' ? [] : text.split(',');
  if (parts.length % 2 === 1) warn(`Tags are not key value in pairs. ${parts.length} elements found`);
  const tags: Record<string, string> = {};
  for (let at = 0; at + 1 < parts.length; at += 2) tags[parts[at] ?? ''] = parts[at + 1] ?? '';
  return tags;
}

function listFlag(flags: FlagValues, name: string): string[] {
  const value = flags[name] ?? [];
  if (!Array.isArray(value)) throw new TypeError(`flag ${name}: expected a list, found ${typeof value}`);
  return value.filter((item) => item !== '');
}

function numberWithin(flags: FlagValues, name: string, least: number, most: number): number {
  const value = intFlag(flags, name);
  if (value >= least && value <= most) return value;
  throw new MachineError('DRIVER_FLAG', `--${name}: expected a number from ${least} to ${most}, found ${value}`);
}
