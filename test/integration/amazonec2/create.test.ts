import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FakeAws, startAws } from '../../support/moto.ts';
import { ec2Store } from './machines.ts';

let aws: FakeAws;
beforeAll(async () => {
  aws = await startAws();
});
afterAll(() => aws.stop());
beforeEach(() => aws.reset());

describe('amazonec2', () => {
  it('makes a machine with few calls and leaves nothing behind', async () => {
    const { machines, create } = await ec2Store(aws);
    await create('one');
    console.log(aws.calls.map(({ action }) => action).join(' '));
    console.log(await aws.objects());
    const machine = await machines.load('one');
    expect(await machine.state()).toBe('Running');
    console.log(await machine.inspect());
    await machine.close();
    await machines.remove('one', { force: false });
    expect(await aws.objects()).toEqual([]);
  });
});
