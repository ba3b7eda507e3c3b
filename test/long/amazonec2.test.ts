/** `kill -9` of `create` and `rm` at every call they make of EC2, before and after it is carried out. */
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { killAt, type Moment } from '../integration/amazonec2/killed.ts';
import { ec2Store } from '../integration/amazonec2/machines.ts';
import { bundleProgram } from '../support/bundle.ts';
import { type FakeAws, sharedAws } from '../support/moto.ts';
import { temporaryFolder } from '../support/temporary.ts';

let aws: FakeAws;
let program: string;
beforeAll(async () => {
  program = join(temporaryFolder(), 'program.mjs');
  [aws] = await Promise.all([sharedAws(), bundleProgram('test/integration/amazonec2/program.ts', program)]);
});

const MOMENTS: readonly Moment[] = ['before', 'after'];

describe.each(MOMENTS)('killed %s a call was carried out', (moment) => {
  it('create: rm removes everything, and the same create makes one machine', async () => {
    const places: string[] = [];
    for (const next of ['rm', 'create'] as const)
      for (let number = 1; ; number++) {
        const { root, machines, create } = await ec2Store(aws);
        const at = await killAt(aws, program, { store: root, action: 'create' }, number, moment);
        if (at !== undefined) places.push(`${at}, ${next}`);
        if (next === 'create' && at !== undefined) {
          await create('one');
          expect(await aws.objects(), `after ${moment} ${at} and the same create`).toHaveLength(5);
        }
        if ((await machines.names()).length > 0) await machines.remove('one', { force: false });
        expect(await aws.objects(), `after ${moment} ${at}, ${next} and rm`).toEqual([]);
        if (at === undefined) break;
      }
    console.log(`killed ${moment}: ${places.join('; ')}`);
    expect(places.length).toBeGreaterThanOrEqual(18);
  });

  it('rm: the next rm goes on', async () => {
    const places: string[] = [];
    for (let number = 1; ; number++) {
      const { root, machines, create } = await ec2Store(aws);
      await create('one');
      const at = await killAt(aws, program, { store: root, action: 'remove' }, number, moment);
      if (at !== undefined) places.push(at);
      if ((await machines.names()).length > 0) await machines.remove('one', { force: false });
      expect(await aws.objects(), `after ${moment} ${at} of rm`).toEqual([]);
      if (at === undefined) break;
    }
    console.log(`rm killed ${moment}: ${places.join(' ')}`);
    expect(places.length).toBeGreaterThanOrEqual(8);
  });
});
