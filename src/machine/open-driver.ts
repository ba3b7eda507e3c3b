import type { Driver, DriverDefinition } from '../driver/contract.ts';
import type { SecretSources } from '../store/secrets.ts';
import { driverContext } from './driver-context.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';

/** A driver with its context; `dispose` closes both. */
export interface OpenDriver {
  readonly definition: DriverDefinition;
  readonly driver: Driver;
  dispose(): Promise<void>;
}

/** The driver of a machine in the store, in its last stored state. */
export async function openDriver(
  host: MachinesHost,
  definition: DriverDefinition,
  entry: MachineEntry,
  signal: AbortSignal,
): Promise<OpenDriver> {
  return openDriverIn(host, entry.config.name, definition, () => entry, entry.config.driver, signal);
}

/** The driver of a machine that is being made; its files are there once `entry` gives something. */
export async function openNewDriver(
  host: MachinesHost,
  name: string,
  definition: DriverDefinition,
  entry: () => MachineEntry | undefined,
  signal: AbortSignal,
  secrets?: SecretSources,
): Promise<OpenDriver> {
  return openDriverIn(host, name, definition, entry, undefined, signal, secrets);
}

/** In this state; the machine's files may be missing until they are needed. */
export async function openDriverIn(
  host: MachinesHost,
  name: string,
  definition: DriverDefinition,
  entry: () => MachineEntry | undefined,
  state: string | undefined,
  signal: AbortSignal,
  secrets?: SecretSources,
): Promise<OpenDriver> {
  const owned = await driverContext(host, name, definition, entry, signal, secrets);
  const driver = definition.open(owned.context, state);
  return {
    definition,
    driver,
    async dispose() {
      try {
        await driver.close();
      } finally {
        await owned.dispose();
      }
    },
  };
}
