/** The program as shipped, AWS by moto, and behind the instance's address a real server that it sets up. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseXml } from '../../../drivers/amazonec2/src/xml.ts';
import { type FakeAws, REGION, sharedAws } from '../../support/moto.ts';
import { BuiltCli } from '../cli/built-cli.ts';
import { type Instances, runInstances } from './instances.ts';
import { environment } from './machines.ts';

let aws: FakeAws;
let instances: Instances;
let cli: BuiltCli;
let caller = '203.0.113.7';

beforeAll(async () => {
  aws = await sharedAws();
  instances = runInstances(aws);
  cli = new BuiltCli();
});
afterAll(async () => {
  await instances.dispose();
  cli.remove();
});

const run = (...words: string[]) => cli.run(words, { env: environment(aws, { TSMACHINE_CALLER_ADDRESS: caller, AWS_REGION: REGION }) });

async function must(...words: string[]) {
  const { code, stdout, stderr } = await run(...words);
  expect(`${words.join(' ')}: ${code} ${code === 0 ? '' : stdout + stderr}`).toBe(`${words.join(' ')}: 0 `);
  return stdout;
}

const server = () => {
  const [found] = instances.servers.values();
  if (!found) throw new Error('no instance was launched');
  return found;
};

/** Sources that the machine's group admits to SSH. */
async function admitted(): Promise<string[]> {
  const groups = parseXml(await aws.ask('DescribeSecurityGroups')).list('securityGroupInfo');
  const rules = groups.filter((each) => each.value('groupName') !== 'default').flatMap((each) => each.list('ipPermissions'));
  return rules
    .filter((each) => each.value('fromPort') === '22')
    .flatMap((each) => each.list('ipRanges').map((range) => range.value('cidrIp')));
}

describe('a machine at EC2', () => {
  it('is planned without a call', async () => {
    const plan = await must('create', '-d', 'amazonec2', '--dry-run', '--amazonec2-zone', 'b,a', 'cloudy');
    expect(plan).toMatch(/ec2 CreateSecurityGroup tsmachine-cloudy[\s\S]*ec2 RunInstances t3\.micro, 16 GB gp3, a public address/);
    expect(plan).toContain('eu-central-1b, eu-central-1a');
    expect(aws.calls).toEqual([]);
    expect(existsSync(cli.store)).toBe(false);
  });

  it('is made, with the host key that the console shows and the engine answering over TLS', async () => {
    const words = ['create', '-d', 'amazonec2', '--amazonec2-ami', 'debian-12', 'cloudy'];
    const started = performance.now();
    const { code, stdout, stderr } = await run(...words);
    expect(stdout + stderr).toContain('Docker is up and running!');
    expect(code).toBe(0);
    expect(stderr).not.toContain('First contact');
    const ec2 = aws.calls.filter(({ form }) => form.get('Version') === '2016-11-15').map(({ action }) => action);
    console.log(`EC2 calls of a whole create: ${ec2.length} (${ec2.join(' ')}), ${((performance.now() - started) / 1000).toFixed(1)} s`);
  });

  it('is listed, entered, named in env, and set up again without a change', async () => {
    expect(await must('ls')).toMatch(new RegExp(`^cloudy +- +amazonec2 +Running +tcp://${server().host}:2376 +v\\d`, 'm'));
    expect(await must('ssh', 'cloudy', 'id -un')).toBe('admin\n');
    expect(await must('env', '--shell', 'bash', 'cloudy')).toContain(`DOCKER_HOST="tcp://${server().host}:2376"`);
    const before = await server().must('stat -c %Y /etc/docker/server.pem');
    await must('provision', 'cloudy');
    expect(await server().must('stat -c %Y /etc/docker/server.pem')).toBe(before);
  });

  it('stops, and starts at another address with a certificate for it', async () => {
    const { host } = server();
    await must('stop', 'cloudy');
    expect(await must('status', 'cloudy')).toBe('Stopped\n');
    await must('start', '-y', 'cloudy');
    expect(server().host).not.toBe(host);
    expect(await must('ip', 'cloudy')).toBe(`${server().host}\n`);
    expect(await must('env', '--shell', 'bash', 'cloudy')).toContain(`DOCKER_HOST="tcp://${server().host}:2376"`);
  });

  it('says when the address of this computer has changed, and lets it in again by provision', async () => {
    expect(await admitted()).toEqual(['203.0.113.7/32']);
    const { answered } = aws;
    await server().must('iptables -I INPUT -p tcp --dport 22 -j REJECT --reject-with tcp-reset');
    caller = '203.0.113.99';
    const { code, stderr } = await run('ssh', 'cloudy', 'true');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /security group sg-\w+ is open to 203\.0\.113\.7\/32, and the address of this computer is 203\.0\.113\.99\/32 now/,
    );
    expect(stderr).toContain('tsmachine provision cloudy');
    aws.answered = async (call, answer) => {
      if (call.action === 'AuthorizeSecurityGroupIngress') await server().must('iptables -D INPUT 1');
      await answered(call, answer);
    };
    await must('provision', 'cloudy');
    expect(await admitted()).toEqual(['203.0.113.99/32']);
    expect(await must('ssh', 'cloudy', 'id -un')).toBe('admin\n');
  });

  it('goes with everything that was made for it', async () => {
    await must('rm', '-y', 'cloudy');
    expect(await aws.objects()).toEqual([]);
    expect(await must('ls', '-q')).toBe('');
  });
});
