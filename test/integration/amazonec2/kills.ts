/** The calls that make something; the long suite kills at all of them. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundleProgram } from '../../support/bundle.ts';
import { type FakeAws, sharedAws } from '../../support/moto.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { killAt } from './killed.ts';
import { ec2Store } from './machines.ts';

describe('a killed command', () => {
  let aws: FakeAws;
  let program: string;
  beforeAll(async () => {
    program = join(temporaryFolder(), 'program.mjs');
    [aws] = await Promise.all([sharedAws(), bundleProgram('test/integration/amazonec2/program.ts', program)]);
  });

  it('finds all that a killed create made, by rm and by the same create', async () => {
    const first = await ec2Store(aws);
    expect(await killAt(aws, program, { store: first.root, action: 'create' }, 8, 'after')).toBe('RunInstances');
    expect((await aws.objects()).filter((object) => object.startsWith('instance'))).toHaveLength(1);
    await first.machines.remove('one', { force: false });
    expect(await aws.objects()).toEqual([]);

    const second = await ec2Store(aws);
    expect(await killAt(aws, program, { store: second.root, action: 'create' }, 5, 'after')).toBe('CreateSecurityGroup');
    await second.create('one');
    expect(await aws.objects()).toHaveLength(5);
    expect(await killAt(aws, program, { store: second.root, action: 'remove' }, 6, 'after')).toBe('TerminateInstances');
    await second.machines.remove('one', { force: false });
    expect(await aws.objects()).toEqual([]);
  });

  it('finds an instance that AWS does not list yet when the create that asked for it has died', async () => {
    const { root, machines } = await ec2Store(aws);
    expect(await killAt(aws, program, { store: root, action: 'create' }, 8, 'after')).toBe('RunInstances');
    let hidden = 3;
    aws.fate = ({ action }) =>
      action === 'DescribeInstances' && hidden-- > 0
        ? { status: 200, body: '<DescribeInstancesResponse><reservationSet/></DescribeInstancesResponse>' }
        : 'pass';
    await machines.remove('one', { force: false });
    expect(hidden).toBeLessThan(0);
    expect(await aws.objects()).toEqual([]);
  });
});
