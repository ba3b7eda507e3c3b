/** What goes wrong at AWS or on the way to it. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AwsCall, type FakeAws, type Fate, sharedAws } from '../../support/moto.ts';
import { ec2Store } from './machines.ts';

let aws: FakeAws;

/** This fate for the first so many calls of an action. */
const first = (action: string, times: number, fate: Fate) => {
  let left = times;
  return (call: AwsCall): Fate => (call.action === action && left-- > 0 ? fate : 'pass');
};
const made = (action: string) => aws.calls.filter((call) => call.action === action).length;

describe('amazonec2 in trouble', () => {
  beforeAll(async () => {
    aws = await sharedAws();
  });
  beforeEach(() => aws.reset());
  afterEach(async () => {
    aws.reset();
    const left = await aws.objects();
    if (left.length > 0) await aws.wipe(); // a test that failed fails no other
    expect(left).toEqual([]);
  });

  it.each([
    ['throttled', { status: 503, code: 'RequestLimitExceeded' }],
    ['out of order', { status: 500, code: 'InternalError' }],
    ['told to come back later', { status: 429, code: 'TooManyRequestsException', headers: { 'retry-after': '1' } }],
    ['cut before it is carried out', 'cut'],
    ['cut after it was carried out', 'lost'],
  ] satisfies [string, Fate][])('makes one machine with one of each object when every call is %s once', async (_, fate) => {
    const { create, machines } = await ec2Store(aws);
    const seen = new Set<string>();
    aws.fate = ({ action }) => {
      if (seen.has(action)) return 'pass';
      seen.add(action);
      return fate;
    };
    await create('one');
    expect((await aws.objects()).map((object) => object.replace(/ \S*-\S*/, ''))).toEqual([
      'instance running',
      'volume',
      'key pair',
      'security group',
      'network interface',
    ]);
    seen.clear();
    await machines.remove('one', { force: false });
  });

  it('goes to the next zone when one has no capacity, with a token of its own', async () => {
    const { create, machines, warnings } = await ec2Store(aws);
    aws.fate = first('RunInstances', 1, { status: 500, code: 'InsufficientInstanceCapacity' });
    await create('one', { 'amazonec2-zone': 'b,a' });
    expect(warnings).toEqual([expect.stringContaining('Zone eu-central-1b has no capacity for a t3.micro')]);
    const machine = await machines.load('one');
    expect(JSON.parse(await machine.inspect()).Driver.Zone).toBe('a');
    await machine.close();
    const tokens = aws.calls.filter(({ action }) => action === 'RunInstances').map(({ form }) => form.get('ClientToken'));
    expect(new Set(tokens).size).toBe(2);
    await machines.remove('one', { force: false });
  });

  it('leaves nothing and says what to do when no zone has capacity', async () => {
    const { create } = await ec2Store(aws);
    aws.fate = ({ action }) => (action === 'RunInstances' ? { status: 500, code: 'InsufficientInstanceCapacity' } : 'pass');
    await expect(create('one')).rejects.toMatchObject({ code: 'CLOUD_CAPACITY', hint: expect.stringContaining('--amazonec2-zone') });
    expect(made('RunInstances')).toBe(3);
    expect(await aws.objects()).toEqual([]);
  });

  it('removes what it made when a call is refused', async () => {
    const { create, machines } = await ec2Store(aws);
    for (const action of ['AuthorizeSecurityGroupIngress', 'ImportKeyPair', 'RunInstances']) {
      aws.fate = first(action, 1, {
        status: 403,
        code: 'UnauthorizedOperation',
        message: 'no. Encoded authorization failure message: abc',
      });
      await expect(create(`at-${action.toLowerCase()}`)).rejects.toMatchObject({
        code: 'CLOUD_REFUSED',
        message: expect.stringMatching(new RegExp(`AWS ${action}: UnauthorizedOperation: no\\.$`)),
        hint: `the policy of these credentials has to allow ec2:${action}`,
      });
      expect(await aws.objects()).toEqual([]);
      await machines.remove(`at-${action.toLowerCase()}`, { force: false });
    }
  });

  it('gives up after the calls that --amazonec2-retries allows', async () => {
    const { create } = await ec2Store(aws);
    aws.fate = ({ action }) => (action === 'DescribeImages' ? 'cut' : 'pass');
    await expect(create('one', { 'amazonec2-retries': 1 })).rejects.toMatchObject({ code: 'PRE_CREATE_CHECK', exitCode: 3 });
    expect(made('DescribeImages')).toBe(2);
    aws.calls.length = 0;
    await expect(create('one', { 'amazonec2-retries': -1 })).rejects.toMatchObject({ code: 'PRE_CREATE_CHECK' });
    expect(made('DescribeImages')).toBe(1);
  });

  it('keeps a machine that cannot be removed, for the next rm', async () => {
    const { create, machines } = await ec2Store(aws);
    await create('one', { 'amazonec2-retries': -1 });
    aws.fate = ({ action }) => (action === 'TerminateInstances' ? { status: 400, code: 'OperationNotPermitted' } : 'pass');
    await expect(machines.remove('one', { force: false })).rejects.toMatchObject({ code: 'CLOUD_REFUSED' });
    expect(await machines.names()).toEqual(['one']);
    aws.reset();
    await machines.remove('one', { force: false });
  });

  it('waits until a group can go, and does not touch what others own', async () => {
    const { create, machines } = await ec2Store(aws);
    const other = await ec2Store(aws);
    await create('same');
    await other.create('same');
    aws.fate = first('DeleteSecurityGroup', 2, { status: 400, code: 'DependencyViolation' });
    await machines.remove('same', { force: false });
    expect((await aws.objects()).length).toBe(5);
    const machine = await other.machines.load('same');
    expect(await machine.state()).toBe('Running');
    await machine.close();
    await other.machines.remove('same', { force: false });
  });

  it('makes ten at once, lists them with one call, and removes them', async () => {
    const { create, machines } = await ec2Store(aws);
    const names = Array.from({ length: 10 }, (_, at) => `m${at}`);
    await Promise.all(names.map((name) => create(name)));
    expect((await aws.objects()).filter((object) => object.startsWith('instance')).length).toBe(10);
    aws.calls.length = 0;
    const loaded = await Promise.all(names.map((name) => machines.load(name)));
    const stateOf = machines.statesTogether(loaded);
    expect(await Promise.all(loaded.map(stateOf))).toEqual(names.map(() => 'Running'));
    const addresses = new Set(await Promise.all(loaded.map((machine) => machine.url())));
    expect(addresses.size).toBe(10);
    expect(aws.calls.map(({ action }) => action)).toEqual(['DescribeInstances']);
    for (const machine of loaded) await machine.close();
    await Promise.all(names.map((name) => machines.remove(name, { force: false })));
  });
});
