/** What `create` looks at, and then makes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type DriverContext, isMachineError, MachineError, messageOf } from 'tsmachine/driver';
import { admit, wantedRules, wantedSources } from './access.ts';
import type { Account } from './account.ts';
import { judge } from './api-errors.ts';
import { DEFAULT_IMAGE, findImage, type Image, instanceType } from './images.ts';
import type { Ec2 } from './instances.ts';
import { copyKey } from './key-file.ts';
import { launch, makeGroup, makeKeyPair } from './launch.ts';
import { findGroups, findSubnets, type Subnet } from './network.ts';
import type { Ec2State } from './state.ts';
import { takesHostKey, userData } from './user-data.ts';

/** All that is known before anything is made. */
export interface Prepared {
  readonly accountId: string;
  readonly image: Image;
  readonly subnets: readonly [Subnet, ...Subnet[]];
  /** Of `--amazonec2-security-group`. */
  readonly groups: readonly string[];
  /** CIDRs for SSH and the engine. */
  readonly sources: readonly string[];
  readonly userData: string;
  /** The console does not tell of host keys while the instance runs: it is given one. */
  readonly giveHostKey: boolean;
}

/** Changes nothing. Four or five calls, of which some run together. */
export async function lookBefore(context: DriverContext, account: Account, state: Ec2State): Promise<Prepared> {
  const { ec2 } = account;
  const own = await ownUserData(state.UserDataFile);
  if (state.ExistingKey) await readKey(state.SSHPrivateKeyPath);
  const accountId = await account.accountId(); // first: refused credentials are told by the one call that everybody may make
  const [[type, image], subnets] = await Promise.all([typeAndImage(ec2, state), findSubnets(ec2, state)]);
  const [first] = subnets;
  const groups = await findGroups(ec2, state.SecurityGroupNames, first.vpc);
  const towards = (state.IPv6Only ? first.ipv6Cidr : first.cidr).split('/')[0] ?? '';
  const sources = state.SecurityGroupReadOnly ? [] : await wantedSources(context, state, towards);
  const giveHostKey = !type.nitro && takesHostKey(own);
  return { accountId, image, subnets, groups, sources, userData: own, giveHostKey };
}

async function typeAndImage(ec2: Ec2, state: Ec2State) {
  const type = await instanceType(ec2, state.InstanceType, state.Region);
  return [type, await findImage(ec2, state.Image || DEFAULT_IMAGE, type, state.Region)] as const;
}

/** `note` stores what is about to be made, and then what it is. The tags say whose everything is, so that a crash in between loses nothing. */
export async function createMachine(
  context: DriverContext,
  ec2: Ec2,
  prepared: Prepared,
  state: Ec2State,
  note: (change: Partial<Ec2State>) => Promise<void>,
): Promise<void> {
  const { image, subnets, accountId } = prepared;
  const { vpc } = subnets[0];
  const fixed = { AMI: image.id, DeviceName: state.DeviceName || image.rootDevice, SSHUser: state.SSHUser || image.user };
  const key = state.ExistingKey ? { SSHKeyPath: await copyKey(state.SSHPrivateKeyPath, join(context.machineDir, 'id_rsa')) } : {};
  const now: Ec2State = { ...state, ...fixed, ...key, VpcId: vpc, AccountId: accountId };
  await note({ ...fixed, ...key, VpcId: vpc, AccountId: accountId });
  const made = { ...(await makeAccess(context, ec2, prepared, now, note)), ...(await giveKey(context, ec2, now, note)) };
  const hostKey = prepared.giveHostKey ? await context.newHostKey() : undefined;
  const groups = [...(made.SecurityGroupId === undefined ? [] : [made.SecurityGroupId]), ...prepared.groups];
  await note({ LaunchedAt: context.clock.now(), HostKey: hostKey?.publicLine ?? '', SecurityGroupIds: groups });
  context.log.info('Launching instance...');
  const wish = { state: { ...now, ...made }, groups, userData: userData(prepared.userData, hostKey), warn: context.log.warn };
  const { instance, subnet } = await launch(ec2, context, wish, subnets).catch(async (error: unknown) => {
    if (isRefusal(error)) await note({ LaunchedAt: 0 }); // nothing was launched that may turn up later
    throw error;
  });
  await note({
    InstanceId: instance.id,
    ReservationId: instance.reservation,
    SubnetId: subnet.id,
    Zone: subnet.zone.slice(state.Region.length),
  });
}

const isRefusal = (error: unknown): boolean =>
  isMachineError(error) && (error.code === 'CLOUD_CAPACITY' || (error.code === 'CLOUD_REFUSED' && !judge(error.cause).again));

type Note = (change: Partial<Ec2State>) => Promise<void>;

async function makeAccess(
  context: DriverContext,
  ec2: Ec2,
  { sources }: Prepared,
  state: Ec2State,
  note: Note,
): Promise<Partial<Ec2State>> {
  if (state.SecurityGroupReadOnly) return {};
  const SecurityGroupId = await makeGroup(ec2, context, state.VpcId);
  await note({ SecurityGroupId });
  await admit(ec2, SecurityGroupId, wantedRules(state, sources));
  return { SecurityGroupId };
}

async function giveKey(context: DriverContext, ec2: Ec2, state: Ec2State, note: Note): Promise<Partial<Ec2State>> {
  if (state.ExistingKey) return {};
  const { path: SSHKeyPath, publicLine } = await context.sshKey();
  const KeyName = await makeKeyPair(ec2, context, publicLine);
  await note({ SSHKeyPath, KeyName });
  return { SSHKeyPath, KeyName };
}

async function ownUserData(file: string): Promise<string> {
  if (file === '') return '';
  return readFile(file, 'utf8').catch((error: unknown) => {
    throw new MachineError('DRIVER_FLAG', `--amazonec2-userdata: ${messageOf(error)}`);
  });
}

async function readKey(file: string): Promise<void> {
  await readFile(file).catch((error: unknown) => {
    throw new MachineError('SSH_KEY', `--amazonec2-ssh-keypath: ${messageOf(error)}`);
  });
}
