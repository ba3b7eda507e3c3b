import amazonec2 from '../../../drivers/amazonec2/src/index.ts';
import type { Clock } from '../../../src/core/clock.ts';
import { systemClock } from '../../../src/core/clock.ts';
import type { DriverDefinition } from '../../../src/driver/index.ts';
import { openMachines } from '../../../src/machine/index.ts';
import { createRequest } from '../../support/create-request.ts';
import { testStore } from '../../support/machines.ts';
import { type FakeAws, REGION } from '../../support/moto.ts';

/** The driver alone: nothing is set up inside, so that no server is needed behind the addresses. */
export const bare: DriverDefinition = { ...amazonec2, capabilities: { ...amazonec2.capabilities, guest: 'none' } };

/** The defaults of the driver's flags, and these. */
export function flagValues(given: Record<string, string | number | boolean | readonly string[]> = {}) {
  const empty = { string: '', int: 0, bool: false, strings: [] };
  const flags = amazonec2.flags.filter(({ secret }) => !secret).map(({ name, type, default: value }) => [name, value ?? empty[type]]);
  return { ...Object.fromEntries(flags), 'amazonec2-region': REGION, ...given };
}

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

export async function ec2Store(
  aws: FakeAws,
  { env = {}, definition = bare, home }: { env?: Record<string, string>; definition?: DriverDefinition; home?: string } = {},
) {
  const store = await testStore(definition);
  const platform = { ...store.options.platform, env: environment(aws, env), home: home ?? store.root };
  const machines = openMachines({ ...store.options, platform, clock: hurried() });
  const create = (name: string, flags: Parameters<typeof flagValues>[0] = {}) =>
    machines.create(createRequest(name, definition, flagValues(flags)), { begin: () => {}, detail: () => {}, end: () => {} });
  return { ...store, platform, machines, create };
}
