/** Drivers that do not come with the program. */
import { MachineError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { DriverDefinition } from '../driver/contract.ts';
import type { Platform } from '../host/platform.ts';
import type { PluginHost } from './plugin-host.ts';

/** Of machines that docker-machine made by way of our plugin: it serves our QEMU driver. */
const SERVED_NAME = 'tsmachine';

export interface Wanted {
  /** See `LoadDriver`. */
  readonly flags: boolean;
  /** Names of the drivers that come with the program. */
  readonly builtIn: readonly string[];
}

/** An installed one, else `docker-machine-driver-NAME`. Throws `DRIVER_NOT_FOUND` in docker-machine's words, and what `loadInstalled` throws. */
export async function loadElsewhere(name: string, host: PluginHost, { flags, builtIn }: Wanted): Promise<DriverDefinition> {
  const { loadInstalled } = await import('./installed/index.ts');
  const installed = await loadInstalled(name, host);
  if (installed) return installed;
  if (name === SERVED_NAME) return { ...(await import('@tsmachine/driver-qemu')).default, name };
  const { findGoDriver, goDriver } = await import('./go/index.ts');
  const program = await findGoDriver(name, host.platform);
  if (program !== undefined) return goDriver(name, program, host, { flags });
  const known = [...builtIn, ...(await namesElsewhere(host.platform))].sort();
  const meant = nearest(name, known);
  throw new MachineError(
    'DRIVER_NOT_FOUND',
    `Driver ${JSON.stringify(name)} not found. Do you have the plugin binary accessible in your PATH?`,
    {
      hint:
        meant === undefined
          ? `Drivers here: ${known.join(', ')}. Others: docker-machine-driver-NAME on PATH, or \`tsmachine driver install PACKAGE\``
          : `Did you mean ${JSON.stringify(meant)}?`,
    },
  );
}

export async function namesElsewhere(platform: Platform): Promise<string[]> {
  const { installedNames } = await import('./installed/index.ts');
  const { goDriversOnPath } = await import('./go/index.ts');
  return [...new Set([...(await installedNames(platform)), ...(await goDriversOnPath(platform)).keys()])].sort();
}
