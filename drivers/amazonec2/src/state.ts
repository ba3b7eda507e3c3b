import { randomBytes } from 'node:crypto';
import { type BaseState, type DriverContext, newBaseState } from 'tsmachine/driver';

/** docker-machine's keys in its order, then ours. */
export interface Ec2State extends BaseState {
  /** Random; what client tokens are made from. */
  Id: string;
  /** Only machines that docker-machine made have credentials here. */
  AccessKey: string;
  SecretKey: string;
  SessionToken: string;
  Region: string;
  AMI: string;
  SSHKeyID: number;
  ExistingKey: boolean;
  KeyName: string;
  InstanceId: string;
  InstanceType: string;
  PrivateIPAddress: string;
  SecurityGroupId: string;
  SecurityGroupIds: string[];
  SecurityGroupName: string;
  SecurityGroupNames: string[];
  SecurityGroupReadOnly: boolean;
  OpenPorts: string[];
  Tags: string;
  ReservationId: string;
  DeviceName: string;
  RootSize: number;
  VolumeType: string;
  IamInstanceProfile: string;
  VpcId: string;
  SubnetId: string;
  Zone: string;
  RequestSpotInstance: boolean;
  SpotPrice: string;
  BlockDurationMinutes: number;
  PrivateIPOnly: boolean;
  UsePrivateIP: boolean;
  UseEbsOptimizedInstance: boolean;
  Monitoring: boolean;
  SSHPrivateKeyPath: string;
  RetryCount: number;
  Endpoint: string;
  DisableSSL: boolean;
  UserDataFile: string;
  /** As `--amazonec2-ami` says; AMI is the id that was found. */
  Image: string;
  Profile: string;
  /** The AWS account, where it could be asked: what other credentials do not see is not gone. */
  AccountId: string;
  IPv6Only: boolean;
  OpenFirewall: boolean;
  OpenTo: string;
  /** Public line of the host key that the instance was given; '' when it makes its own. */
  HostKey: string;
  /** Milliseconds since the epoch when an instance was last asked for; 0: never. */
  LaunchedAt: number;
}

export function newState(context: DriverContext): Ec2State {
  const names = { AccessKey: '', SecretKey: '', SessionToken: '', Region: 'us-east-1', AMI: '', SSHKeyID: 0, ExistingKey: false };
  const objects = { KeyName: '', InstanceId: '', InstanceType: 't3.micro', PrivateIPAddress: '' };
  const groups = { SecurityGroupId: '', SecurityGroupIds: [], SecurityGroupName: '', SecurityGroupNames: [], SecurityGroupReadOnly: false };
  const disk = { DeviceName: '', RootSize: 16, VolumeType: 'gp3', IamInstanceProfile: '' };
  const place = { VpcId: '', SubnetId: '', Zone: '' };
  const spot = { RequestSpotInstance: false, SpotPrice: '', BlockDurationMinutes: 0 };
  const use = { PrivateIPOnly: false, UsePrivateIP: false, UseEbsOptimizedInstance: false, Monitoring: false };
  const rest = { SSHPrivateKeyPath: '', RetryCount: 5, Endpoint: '', DisableSSL: false, UserDataFile: '' };
  const ours = { Image: '', Profile: '', AccountId: '', IPv6Only: false, OpenFirewall: false, OpenTo: '', HostKey: '', LaunchedAt: 0 };
  return {
    ...newBaseState(context),
    Id: randomBytes(16).toString('hex'),
    ...names,
    ...objects,
    ...groups,
    OpenPorts: [],
    Tags: '',
    ReservationId: '',
    ...disk,
    ...place,
    ...spot,
    ...use,
    ...rest,
    ...ours,
  };
}

/** Whatever else a stored state has is kept. docker-machine writes null for an empty list. */
export function parseState(text: string, context: DriverContext): Ec2State {
  const stored = JSON.parse(text) as Record<string, unknown>;
  const known = Object.entries(stored).filter(([, value]) => value !== null);
  return { ...newState(context), ...Object.fromEntries(known) } as Ec2State;
}
