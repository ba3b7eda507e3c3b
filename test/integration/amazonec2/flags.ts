import amazonec2 from '../../../drivers/amazonec2/src/index.ts';
import type { DriverDefinition } from '../../../src/driver/index.ts';

export const REGION = 'eu-central-1';

/** The driver alone: nothing is set up inside, so that no server is needed behind the addresses. */
export const bare: DriverDefinition = { ...amazonec2, capabilities: { ...amazonec2.capabilities, guest: 'none' } };

/** The defaults of the driver's flags, and these. */
export function flagValues(given: Record<string, string | number | boolean | readonly string[]> = {}) {
  const empty = { string: '', int: 0, bool: false, strings: [] };
  const flags = amazonec2.flags.filter(({ secret }) => !secret).map(({ name, type, default: value }) => [name, value ?? empty[type]]);
  return { ...Object.fromEntries(flags), 'amazonec2-region': REGION, ...given };
}
