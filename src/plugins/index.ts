/** Finding and loading drivers. Each is imported when it is asked for, so that a command pays for one driver at most. */
import { MachineError } from '../core/errors.ts';
import { CONTRACT_VERSION, type DriverDefinition } from '../driver/contract.ts';
import type { Platform } from '../host/platform.ts';
import type { PluginHost } from './plugin-host.ts';

export type { PluginHost } from './plugin-host.ts';

type Loader = () => Promise<{ default: DriverDefinition }>;

/** In the order in which `create` without --driver tries them. */
const BUILT_IN: ReadonlyMap<string, Loader> = new Map<string, Loader>([
  ['qemu', () => import('@tsmachine/driver-qemu')],
  ['none', () => import('@tsmachine/driver-none')],
  ['generic', () => import('@tsmachine/driver-generic')],
  ['amazonec2', () => import('@tsmachine/driver-amazonec2')],
]);

/** Names of the drivers that come with the program, sorted. */
export function builtInDrivers(): string[] {
  return [...BUILT_IN.keys()].sort();
}

/** Names of those that do not: installed ones, and programs on PATH. None is started. */
export async function otherDrivers(platform: Platform): Promise<string[]> {
  return (await import('./elsewhere.ts')).namesElsewhere(platform);
}

/**
 * Loads a driver by name. `flags`: its flags are wanted, for a create; else they may be missing where knowing them costs the start of
 * a program.
 */
export type LoadDriver = (name: string, want?: { readonly flags: boolean }) => Promise<DriverDefinition>;

/** The loading of drivers for one command: each name is loaded once, or once more with its flags. Throws as `loadDriver`. */
export function driverLoader(host: PluginHost): LoadDriver {
  const loaded = new Map<string, { flags: boolean; driver: Promise<DriverDefinition> }>();
  return (name, { flags } = { flags: false }) => {
    const before = loaded.get(name);
    if (before && (before.flags || !flags)) return before.driver;
    const driver = loadDriver(name, host, flags);
    loaded.set(name, { flags, driver });
    return driver;
  };
}

/**
 * What comes with the program, else what is installed, else the `docker-machine-driver-NAME` on PATH. Throws `DRIVER_NOT_FOUND` in
 * docker-machine's words, with the name that may have been meant; `DRIVER_CONTRACT` for a driver of another contract.
 */
async function loadDriver(name: string, host: PluginHost, flags: boolean): Promise<DriverDefinition> {
  const load = BUILT_IN.get(name);
  if (load) return checked(name, (await load()).default);
  return (await import('./elsewhere.ts')).loadElsewhere(name, host, { flags, builtIn: builtInDrivers() });
}

/** A driver of another contract is refused by name and version, not by a crash later on. */
function checked(name: string, definition: DriverDefinition): DriverDefinition {
  const found: number | undefined = definition?.contract;
  if (found === CONTRACT_VERSION) return definition;
  throw new MachineError(
    'DRIVER_CONTRACT',
    `Driver ${JSON.stringify(name)}: expected driver contract ${CONTRACT_VERSION}, found ${found ?? 'none'}`,
  );
}

/**
 * The driver of a `create` that names none: the first that is usable here. Throws `NO_DRIVER` with what to install, the reason
 * of the first one that is not usable.
 */
export async function defaultDriver(platform: Platform, load: LoadDriver): Promise<DriverDefinition> {
  let refusal: MachineError | undefined;
  for (const name of BUILT_IN.keys()) {
    const driver = await load(name, { flags: true });
    const answer = await driver.usable?.(platform);
    if (answer?.usable) return driver;
    if (answer && refusal === undefined) {
      refusal = new MachineError('NO_DRIVER', `No driver can make a machine here: ${answer.reason}`, {
        exitCode: 3,
        ...(answer.hint === undefined ? {} : { hint: answer.hint }),
      });
    }
  }
  throw refusal ?? new MachineError('NO_DRIVER', 'No driver can make a machine here');
}
