/** The machine's own security group: open to this computer's address, and closed again to the one before. */
import { BlockList, isIP } from 'node:net';
import type { HostContext } from 'tsmachine/driver';
import { callerSources, type FirewallRule, firewallChanges, localAddressTowards, parseSources } from 'tsmachine/driver/cloud';
import { hasCode } from './api-errors.ts';
import { portOf } from './configure.ts';
import type { Ec2 } from './instances.ts';
import { filter, type Parameter } from './query.ts';
import type { Ec2State } from './state.ts';
import type { XmlElement } from './xml.ts';

/** AWS's own service, which answers with the address it sees. */
const ADDRESS_SERVICE = 'https://checkip.amazonaws.com';
const ENGINE_PORT = 2376;
/** Marks our rules, so that rules which the user added stay. */
const DESCRIPTION = 'tsmachine';
const EVERYBODY = ['0.0.0.0/0', '::/0'];

type Wishes = Pick<Ec2State, 'OpenFirewall' | 'OpenTo' | 'OpenPorts' | 'SSHPort' | 'PrivateIPOnly' | 'UsePrivateIP' | 'IPv6Only'>;

/** `towards`: an address of the machine or its subnet; who goes there over a private network, or IPv6, is seen by the address he sends from. */
export async function wantedSources(context: HostContext, wishes: Wishes, towards: string): Promise<string[]> {
  if (wishes.OpenFirewall) return EVERYBODY;
  if (wishes.OpenTo !== '') return parseSources(wishes.OpenTo, '--amazonec2-open-to');
  const isDirect = wishes.PrivateIPOnly || wishes.UsePrivateIP || wishes.IPv6Only;
  if (!isDirect || context.platform.env.TSMACHINE_CALLER_ADDRESS) return callerSources(context, ADDRESS_SERVICE);
  return parseSources(await localAddressTowards(towards), 'the address of this computer');
}

export function wantedRules({ SSHPort, OpenPorts }: Wishes, sources: readonly string[]): FirewallRule[] {
  const own = [SSHPort, ENGINE_PORT].flatMap((port) => sources.map((source) => rule('tcp', port, source)));
  const open = OpenPorts.map(portOf).flatMap(({ port, protocol }) => EVERYBODY.map((source) => rule(protocol, port, source)));
  const all = new Map([...own, ...open].map((each) => [`${each.protocol} ${each.ports.join()} ${each.source}`, each]));
  return [...all.values()];
}

const rule = (protocol: 'tcp' | 'udp', port: number, source: string): FirewallRule => ({ protocol, ports: [port, port], source });

/** Idempotent: a rule that is there already is success. */
export async function admit(ec2: Ec2, GroupId: string, rules: readonly FirewallRule[]): Promise<void> {
  for (const batch of await refusedTogether(ec2, GroupId, rules))
    await ec2('AuthorizeSecurityGroupIngress', { GroupId, IpPermissions: permissions(batch) }, ['InvalidPermission.Duplicate']).catch(
      (error: unknown) => {
        if (!hasCode(error, 'InvalidPermission.Duplicate')) throw error;
      },
    );
}

/** All at once; where one of them is there already, EC2 takes none, and each is asked for by itself. */
async function refusedTogether(ec2: Ec2, GroupId: string, rules: readonly FirewallRule[]): Promise<FirewallRule[][]> {
  if (rules.length === 0) return [];
  try {
    await ec2('AuthorizeSecurityGroupIngress', { GroupId, IpPermissions: permissions(rules) }, ['InvalidPermission.Duplicate']);
    return [];
  } catch (error) {
    if (!hasCode(error, 'InvalidPermission.Duplicate')) throw error;
    return rules.map((each) => [each]);
  }
}

/** Makes the group's rules of ours what is wanted; others are left alone. Idempotent. */
export async function repairAccess(ec2: Ec2, GroupId: string, wanted: readonly FirewallRule[]): Promise<void> {
  const found = await groupRules(ec2, GroupId);
  const { add } = firewallChanges(wanted, found);
  const { remove } = firewallChanges(
    wanted,
    found.filter(({ ours }) => ours),
  );
  await admit(ec2, GroupId, add);
  if (remove.length === 0) return;
  const missing = 'InvalidPermission.NotFound';
  await ec2('RevokeSecurityGroupIngress', { GroupId, IpPermissions: permissions(remove) }, [missing]).catch((error: unknown) => {
    if (!hasCode(error, missing)) throw error;
  });
}

/** Why packets from these sources do not come through the group; undefined when they do. */
export async function closedTo(ec2: Ec2, GroupId: string, { SSHPort }: Wishes, sources: readonly string[]): Promise<string | undefined> {
  const rules = await groupRules(ec2, GroupId);
  const lets = (port: number, source: string) => rules.some((each) => admits(each, port, source));
  const shut = sources.filter((source) => !lets(SSHPort, source) || !lets(ENGINE_PORT, source));
  if (shut.length === 0) return undefined;
  const open = [...new Set(rules.filter(({ ports }) => ports[0] <= SSHPort && SSHPort <= ports[1]).map(({ source }) => source))];
  return `security group ${GroupId} is open to ${open.join(', ') || 'nobody'}, and the address of this computer is ${shut.join(', ')} now`;
}

function admits({ protocol, ports, source }: FirewallRule, port: number, from: string): boolean {
  if (protocol !== 'tcp' || port < ports[0] || port > ports[1]) return false;
  const [network = '', length = ''] = source.split('/');
  const [address = '', bits = ''] = from.split('/');
  const family = isIP(network) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(network) !== isIP(address) || Number(length) > Number(bits)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(length), family);
  return list.check(address, family);
}

async function groupRules(ec2: Ec2, id: string): Promise<(FirewallRule & { readonly ours: boolean })[]> {
  const answer = await ec2('DescribeSecurityGroups', { Filter: [filter('group-id', id)] });
  return answer.list('securityGroupInfo').flatMap((group) => group.list('ipPermissions').flatMap(rulesOf));
}

function rulesOf(permission: XmlElement): (FirewallRule & { readonly ours: boolean })[] {
  const named = permission.value('ipProtocol');
  const all = named === '-1';
  const ports = [Number(permission.value('fromPort')), Number(permission.value('toPort'))] as const;
  const ranges = [
    ...permission.list('ipRanges').map((range) => ({ source: range.value('cidrIp'), said: range.value('description') })),
    ...permission.list('ipv6Ranges').map((range) => ({ source: range.value('cidrIpv6'), said: range.value('description') })),
  ];
  if (!all && named !== 'tcp' && named !== 'udp') return [];
  return ranges
    .filter(({ source }) => isIP(source.split('/')[0] ?? '') !== 0)
    .map(({ source, said }) => ({
      protocol: named === 'udp' ? 'udp' : 'tcp',
      ports: all ? [0, 65_535] : ports,
      source,
      ours: said === DESCRIPTION,
    }));
}

const permissions = (rules: readonly FirewallRule[]): Parameter[] =>
  rules.map(({ protocol, ports: [FromPort, ToPort], source }) => ({
    IpProtocol: protocol,
    FromPort,
    ToPort,
    ...(source.includes(':')
      ? { Ipv6Ranges: [{ CidrIpv6: source, Description: DESCRIPTION }] }
      : { IpRanges: [{ CidrIp: source, Description: DESCRIPTION }] }),
  }));
