import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../../src/core/clock.ts';
import { systemClock } from '../../../src/core/clock.ts';
import type { DriverDefinition } from '../../../src/driver/index.ts';
import { openMachines } from '../../../src/machine/index.ts';
import type { SecretSources } from '../../../src/store/secrets.ts';
import { createRequest } from '../../support/create-request.ts';
import { testStore } from '../../support/machines.ts';
import type { FakeAws } from '../../support/moto.ts';
import { bare, flagValues } from './flags.ts';

/** What AWS's tools and ours read of the environment. */
export const environment = (aws: FakeAws, more: Record<string, string> = {}) => ({
  USER: 'tester',
  AWS_ACCESS_KEY_ID: 'AKIATEST',
  AWS_SECRET_ACCESS_KEY: 'a secret of the test',
  AWS_ENDPOINT_URL: aws.url,
  AWS_EC2_METADATA_DISABLED: 'true',
  TSMACHINE_CALLER_ADDRESS: '203.0.113.7',
  ...more,
});

/** Sleeps a hundredth of the time, and then it is as late as it should be. */
function hurried(): Clock {
  let ahead = 0;
  return {
    now: () => Date.now() + ahead,
    async sleep(milliseconds, signal) {
      const short = milliseconds / 100;
      await systemClock.sleep(short, signal);
      ahead += milliseconds - short;
    },
  };
}

/** Of the first store; others take it over, for it takes most of the time of a create. */
let authority: string | undefined;

export async function ec2Store(
  aws: FakeAws,
  { env = {}, definition = bare, home }: { env?: Record<string, string>; definition?: DriverDefinition; home?: string } = {},
) {
  const store = await testStore(definition);
  if (authority !== undefined && existsSync(join(authority, 'ca.pem'))) cpSync(authority, join(store.root, 'certs'), { recursive: true });
  else authority = join(store.root, 'certs');
  const platform = { ...store.options.platform, env: environment(aws, env), home: home ?? store.root };
  const machines = openMachines({ ...store.options, platform, clock: hurried() });
  const create = (name: string, flags: Parameters<typeof flagValues>[0] = {}, secrets: SecretSources = {}) =>
    machines.create(
      { ...createRequest(name, definition, flagValues(flags)), secrets },
      { begin: () => {}, detail: () => {}, end: () => {} },
    );
  return { ...store, platform, machines, create };
}
