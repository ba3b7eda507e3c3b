/** Finding and loading drivers. Each is imported when it is asked for, so that a command pays for one driver at most. */
import { MachineError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import { CONTRACT_VERSION, type DriverDefinition } from '../driver/contract.ts';
import type { Platform } from '../host/platform.ts';

type Loader = () => Promise<{ default: DriverDefinition }>;

/** In the order in which `create` without --driver tries them. */
const BUILT_IN: ReadonlyMap<string, Loader> = new Map<string, Loader>([
  ['qemu', () => import('@tsmachine/driver-qemu')],
  ['none', () => import('@tsmachine/driver-none')],
  ['generic', () => import('@tsmachine/driver-generic')],
]);

/** Names that `loadDriver` knows, sorted. */
export function driverNames(): string[] {
  return [...BUILT_IN.keys()].sort();
}

/** Throws `DRIVER_NOT_FOUND` in docker-machine's words, with the name that may have been meant. */
export async function loadDriver(name: string): Promise<DriverDefinition> {
  const load = BUILT_IN.get(name);
  if (load === undefined) {
    const meant = nearest(name, driverNames());
    throw new MachineError(
      'DRIVER_NOT_FOUND',
      `Driver ${JSON.stringify(name)} not found. Do you have the plugin binary accessible in your PATH?`,
      {
        hint: meant === undefined ? `Drivers here: ${driverNames().join(', ')}` : `Did you mean ${JSON.stringify(meant)}?`,
      },
    );
  }
  return checked(name, (await load()).default);
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
export async function defaultDriver(platform: Platform): Promise<DriverDefinition> {
  let refusal: MachineError | undefined;
  for (const name of BUILT_IN.keys()) {
    const driver = await loadDriver(name);
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
