/** Drivers that do not come with the program. */
import { MachineError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { DriverDefinition } from '../driver/contract.ts';
import type { PluginHost } from './plugin-host.ts';

export interface Wanted {
  /** See `LoadDriver`. */
  readonly flags: boolean;
  /** Names of the drivers that come with the program. */
  readonly builtIn: readonly string[];
}

/** Throws `DRIVER_NOT_FOUND` in docker-machine's words. */
export async function loadElsewhere(name: string, _host: PluginHost, { builtIn }: Wanted): Promise<DriverDefinition> {
  const known = [...builtIn];
  const meant = nearest(name, known);
  throw new MachineError(
    'DRIVER_NOT_FOUND',
    `Driver ${JSON.stringify(name)} not found. Do you have the plugin binary accessible in your PATH?`,
    { hint: meant === undefined ? `Drivers here: ${known.join(', ')}` : `Did you mean ${JSON.stringify(meant)}?` },
  );
}
