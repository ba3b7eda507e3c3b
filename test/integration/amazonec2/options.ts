/** What the flags ask of AWS. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseXml } from '../../../drivers/amazonec2/src/xml.ts';
import { type FakeAws, sharedAws } from '../../support/moto.ts';
import { ec2Store } from './machines.ts';

let aws: FakeAws;

/** What RunInstances was asked for. */
function launched(): Record<string, string> {
  const call = aws.calls.find(({ action }) => action === 'RunInstances');
  return Object.fromEntries(call?.form ?? []);
}

const created = async (flags: Parameters<Awaited<ReturnType<typeof ec2Store>>['create']>[1]) => {
  const store = await ec2Store(aws);
  await store.create('one', flags);
  return { ...store, driver: JSON.parse(await (await store.machines.load('one')).inspect()).Driver };
};

describe('amazonec2', () => {
  beforeAll(async () => {
    aws = await sharedAws();
  });
  beforeEach(() => aws.reset());
  afterEach(() => aws.wipe());

  it('asks for IMDSv2, gp3, the newest Ubuntu image, and a public address by default', async () => {
    const { driver } = await created({});
    expect(launched()).toMatchObject({
      ImageId: 'ami-00000000000000002',
      InstanceType: 't3.micro',
      'MetadataOptions.HttpTokens': 'required',
      'MetadataOptions.HttpPutResponseHopLimit': '1',
      'BlockDeviceMapping.1.DeviceName': '/dev/sda1',
      'BlockDeviceMapping.1.Ebs.VolumeType': 'gp3',
      'BlockDeviceMapping.1.Ebs.VolumeSize': '16',
      'BlockDeviceMapping.1.Ebs.DeleteOnTermination': 'true',
      'NetworkInterface.1.AssociatePublicIpAddress': 'true',
    });
    expect(driver).toMatchObject({ SSHUser: 'ubuntu', AccountId: '123456789012', AccessKey: '', SecretKey: '' });
  });

  it.each([
    [{ 'amazonec2-instance-type': 't4g.small' }, 'ami-00000000000000003', 'ubuntu', '/dev/sda1'],
    [{ 'amazonec2-ami': 'debian-12' }, 'ami-00000000000000004', 'admin', '/dev/xvda'],
    [{ 'amazonec2-ami': 'debian-13', 'amazonec2-instance-type': 't4g.small' }, 'ami-00000000000000006', 'admin', '/dev/xvda'],
    [{ 'amazonec2-ami': 'ami-00000000000000005', 'amazonec2-ssh-user': 'me' }, 'ami-00000000000000005', 'me', '/dev/xvda'],
  ])('finds the image of %j', async (flags, image, user, device) => {
    const { driver } = await created(flags);
    expect(launched()).toMatchObject({ ImageId: image, 'BlockDeviceMapping.1.DeviceName': device });
    expect(driver.SSHUser).toBe(user);
  });

  it('asks for a spot instance, monitoring, tags, a private address and user data as told', async () => {
    const file = join((await ec2Store(aws)).root, 'user-data');
    writeFileSync(file, '#!/bin/sh\ntrue\n');
    const { driver, machines } = await created({
      'amazonec2-request-spot-instance': true,
      'amazonec2-spot-price': '0.02',
      'amazonec2-monitoring': true,
      'amazonec2-tags': 'team,blue,cost,42',
      'amazonec2-private-address-only': true,
      'amazonec2-userdata': file,
      'amazonec2-open-port': ['80', '53/udp'],
      'amazonec2-open-to': '198.51.100.0/24',
    });
    const asked = launched();
    expect(asked).toMatchObject({
      'InstanceMarketOptions.MarketType': 'spot',
      'InstanceMarketOptions.SpotOptions.MaxPrice': '0.02',
      'Monitoring.Enabled': 'true',
      'NetworkInterface.1.AssociatePublicIpAddress': 'false',
    });
    expect(Buffer.from(asked.UserData ?? '', 'base64').toString()).toBe('#!/bin/sh\ntrue\n');
    const [instance] = parseXml(await aws.ask('DescribeInstances'))
      .list('reservationSet')
      .flatMap((each) => each.list('instancesSet'));
    expect(Object.fromEntries(instance?.list('tagSet').map((tag) => [tag.value('key'), tag.value('value')]) ?? [])).toMatchObject({
      Name: 'one',
      team: 'blue',
      cost: '42',
      'tsmachine-machine': 'one',
    });
    expect(driver.IPAddress).toBe(instance?.value('privateIpAddress'));
    expect(await rules()).toEqual([
      'tcp 22 198.51.100.0/24',
      'tcp 2376 198.51.100.0/24',
      'tcp 80 0.0.0.0/0',
      'tcp 80 ::/0',
      'udp 53 0.0.0.0/0',
      'udp 53 ::/0',
    ]);
    await machines.remove('one', { force: false });
    expect(await aws.objects()).toEqual([]);
  });

  it('opens to everybody when told to', async () => {
    await created({ 'amazonec2-open-firewall': true });
    expect(await rules()).toEqual(['tcp 22 0.0.0.0/0', 'tcp 22 ::/0', 'tcp 2376 0.0.0.0/0', 'tcp 2376 ::/0']);
  });

  it('gives an old type, whose console is late, a host key through user data, beside the own one', async () => {
    const file = join((await ec2Store(aws)).root, 'user-data');
    writeFileSync(file, '#cloud-config\npackages: [jq]\n');
    const { machines } = await created({ 'amazonec2-instance-type': 't2.micro', 'amazonec2-userdata': file });
    const data = Buffer.from(launched().UserData ?? '', 'base64').toString();
    expect(data).toMatch(/^Content-Type: multipart\/mixed; boundary=/);
    expect(data).toContain('packages: [jq]');
    const [, json = ''] = /#cloud-config\n(\{.*\})\n/.exec(data) ?? [];
    const given = JSON.parse(json) as { ssh_keys: { ed25519_private: string; ed25519_public: string } };
    expect(given.ssh_keys.ed25519_private).toMatch(/^-----BEGIN OPENSSH PRIVATE KEY-----/);
    const machine = await machines.load('one');
    expect((await machine.ssh())?.hostKeys).toEqual([given.ssh_keys.ed25519_public]);
    expect(await machine.inspect()).not.toContain('PRIVATE KEY');
    expect(aws.calls.some(({ action }) => action === 'GetConsoleOutput')).toBe(false);
    await machine.close();
  });

  it('uses a key pair and groups that are there, and leaves them', async () => {
    const vpc =
      parseXml(await aws.ask('DescribeVpcs'))
        .list('vpcSet')[0]
        ?.value('vpcId') ?? '';
    await aws.ask('CreateSecurityGroup', { GroupName: 'theirs', GroupDescription: 'theirs', VpcId: vpc });
    await aws.ask('CreateKeyPair', { KeyName: 'theirs' });
    const before = await aws.objects();
    const file = join((await ec2Store(aws)).root, 'key');
    writeFileSync(file, 'a private key\n', { mode: 0o600 });
    const { machines, driver } = await created({
      'amazonec2-keypair-name': 'theirs',
      'amazonec2-ssh-keypath': file,
      'amazonec2-security-group': ['theirs'],
      'amazonec2-security-group-readonly': true,
    });
    expect(launched().KeyName).toBe('theirs');
    expect(driver.SecurityGroupIds).toHaveLength(1);
    expect(driver.SSHKeyPath).toMatch(/machines\/one\/id_rsa$/);
    await machines.remove('one', { force: false });
    expect(await aws.objects()).toEqual(before);
  });

  it('uses an IPv6 address alone', async () => {
    const subnet = parseXml(await aws.ask('DescribeSubnets')).list('subnetSet')[0];
    await aws.ask('AssociateSubnetCidrBlock', { SubnetId: subnet?.value('subnetId') ?? '', Ipv6CidrBlock: '2001:db8:0:1::/64' });
    aws.answered = async ({ action }) => {
      if (action !== 'RunInstances') return;
      const [interfaces] = parseXml(await aws.ask('DescribeNetworkInterfaces')).list('networkInterfaceSet'); // moto reads over the count
      await aws.ask('AssignIpv6Addresses', { NetworkInterfaceId: interfaces?.value('networkInterfaceId') ?? '', Ipv6AddressCount: '1' });
    };
    const { driver, machines } = await created({ 'amazonec2-ipv6-address-only': true, 'amazonec2-open-to': '2001:db8::/32' });
    expect(launched()).toMatchObject({
      'NetworkInterface.1.Ipv6AddressCount': '1',
      'NetworkInterface.1.AssociatePublicIpAddress': 'false',
    });
    const machine = await machines.load('one');
    expect(await machine.url()).toBe(`tcp://[${driver.IPAddress}]:2376`);
    expect(await rules()).toEqual(['tcp 22 2001:db8::/32', 'tcp 2376 2001:db8::/32']);
    await machine.close();
  });

  it.each([
    [{ 'amazonec2-instance-type': 't9.huge' }, 'there is no type t9.huge in eu-central-1'],
    [{ 'amazonec2-ami': 'ami-0123456789abcdef0' }, 'ami-0123456789abcdef0 is not in this region'],
    [{ 'amazonec2-ami': 'ami-00000000000000006' }, 'is for arm64, and the instance type for x86_64'],
    [{ 'amazonec2-ami': 'windows' }, 'expected an id such as'],
    [{ 'amazonec2-zone': 'z' }, 'eu-central-1 has no default subnet in eu-central-1z'],
    [{ 'amazonec2-subnet-id': 'subnet-0123456789abcdef0' }, 'no such subnet subnet-0123456789abcdef0'],
    [{ 'amazonec2-security-group': ['nobody'] }, 'there is no group "nobody"'],
    [{ 'amazonec2-userdata': '/nowhere' }, 'ENOENT'],
  ])('refuses %j before anything is made', async (flags, message) => {
    const { create, machines } = await ec2Store(aws);
    await expect(create('one', flags)).rejects.toMatchObject({
      exitCode: 3,
      message: expect.stringContaining(message.replaceAll('"', '\\"')),
    });
    expect(await machines.names()).toEqual([]);
    expect(await aws.objects()).toEqual([]);
  });

  it('goes to an endpoint of the user’s, where no token service is looked for', async () => {
    const { create, machines } = await ec2Store(aws, { env: { AWS_ENDPOINT_URL: '' } });
    await create('one', { 'amazonec2-endpoint': aws.url.slice('http://'.length), 'amazonec2-insecure-transport': true });
    expect(aws.calls.map(({ action }) => action)).not.toContain('GetCallerIdentity');
    await machines.remove('one', { force: false });
    expect(await aws.objects()).toEqual([]);
  });

  it('takes over a machine that docker-machine made, with its keys, and removes what is its', async () => {
    const { machines, root } = await ec2Store(aws, { env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' } });
    await aws.ask('CreateKeyPair', { KeyName: 'one' });
    const launched = parseXml(
      await aws.ask('RunInstances', { ImageId: 'ami-00000000000000001', MinCount: '1', MaxCount: '1', KeyName: 'one' }),
    );
    const own = await ec2Store(aws);
    await own.create('other');
    const path = join(own.root, 'machines/other/config.json');
    const text = readFileSync(path, 'utf8').replaceAll(own.root, root).replaceAll('other', 'one');
    const config = JSON.parse(text) as { Driver: Record<string, unknown> };
    const { IPAddress, MachineName, SSHUser, SSHPort, SSHKeyPath, StorePath } = config.Driver;
    config.Driver = {
      ...{ IPAddress, MachineName, SSHUser, SSHPort, SSHKeyPath, StorePath },
      ...{
        Id: '89c1e0908782a73bff45c88baf99c7a7',
        AccessKey: 'AKIADOCKERMACHINE',
        SecretKey: 's',
        SessionToken: '',
        Region: 'eu-central-1',
      },
      ...{
        KeyName: 'one',
        InstanceId: launched.find('instancesSet/item')?.value('instanceId'),
        OpenPorts: null,
        SecurityGroupIds: ['sg-1'],
      },
    };
    mkdirSync(join(root, 'machines/one'), { recursive: true });
    writeFileSync(join(root, 'machines/one/config.json'), JSON.stringify(config));
    await own.machines.remove('other', { force: false });
    aws.reset();
    const machine = await machines.load('one');
    expect(await machine.state()).toBe('Running');
    await machine.close();
    await machines.remove('one', { force: false });
    expect(new Set(aws.calls.map(({ key }) => key))).toEqual(new Set(['AKIADOCKERMACHINE']));
    const left = (await aws.objects()).filter((object) => !object.startsWith('network interface')); // moto keeps that of a plain launch
    expect(left).toEqual([]);
  });

  it('lists for gc what a removed entry left, of this store alone', async () => {
    const { create, machines } = await ec2Store(aws);
    const other = await ec2Store(aws);
    await Promise.all([create('gone'), create('here'), other.create('gone')]);
    aws.fate = ({ action }) => (action === 'TerminateInstances' ? { status: 400, code: 'OperationNotPermitted' } : 'pass');
    await machines.remove('gone', { force: true });
    aws.reset();
    for (const orphan of await machines.orphans()) await orphan.remove();
    expect((await aws.objects()).filter((object) => object.startsWith('key pair'))).toHaveLength(2);
    expect(await machines.orphans()).toEqual([]);
  });
});

async function rules(): Promise<string[]> {
  const groups = parseXml(await aws.ask('DescribeSecurityGroups')).list('securityGroupInfo');
  return groups
    .filter((group) => group.value('groupName').startsWith('tsmachine-'))
    .flatMap((group) => group.list('ipPermissions'))
    .flatMap((each) =>
      [...each.list('ipRanges'), ...each.list('ipv6Ranges')].map(
        (range) => `${each.value('ipProtocol')} ${each.value('fromPort')} ${range.value('cidrIp') || range.value('cidrIpv6')}`,
      ),
    )
    .sort();
}
