import { afterAll, beforeAll, describe, it } from 'vitest';
import amazonec2 from '../../../drivers/amazonec2/src/index.ts';
import { conformanceTests } from '../../../src/driver/kit/index.ts';
import { type FakeAws, sharedAws } from '../../support/moto.ts';
import { REGION } from './flags.ts';
import { environment } from './machines.ts';

describe('amazonec2 keeps the contract', () => {
  let aws: FakeAws;
  beforeAll(async () => {
    aws = await sharedAws();
    aws.reset();
  });
  afterAll(() => aws.wipe());

  conformanceTests(
    { describe, it },
    {
      driver: amazonec2,
      flags: {
        'amazonec2-region': REGION,
        'amazonec2-instance-type': 't3.micro',
        'amazonec2-access-key': 'AKIACONTRACT',
        'amazonec2-secret-key': 'a secret word of the contract',
      },
      leftovers: () => aws.objects(),
      context: (own) => ({ ...own, platform: { ...own.platform, env: environment(aws) } }),
    },
  );
});
