/**
 * docker-machine's driver plugins: a program `docker-machine-driver-NAME` that serves one machine's driver by net/rpc on a port
 * of the loopback (docker/machine, libmachine/drivers/plugin and rpc).
 */
import { CONTRACT_VERSION, type DriverDefinition } from '../../driver/contract.ts';
import type { FlagSpec } from '../../driver/flags.ts';
import type { PluginHost } from '../plugin-host.ts';
import { flagSpecs } from './driver-flags.ts';
import { GoDriver } from './go-driver.ts';
import { PluginProcess } from './plugin-process.ts';
import { Turns } from './turns.ts';

export { findGoDriver, goDriversOnPath } from './on-path.ts';

/** Plugins that start at the same time: each is a program of some ten megabytes that loads, listens and answers. */
const STARTING = 20;
const FLAGS_TIMEOUT = 10_000;

/**
 * The driver of a plugin. With `flags` the plugin is started once to be asked for them, and its process serves the first machine
 * that is opened; without, nothing is started before a driver is asked something. Throws `PLUGIN_FAILED`.
 */
export async function goDriver(name: string, program: string, host: PluginHost, { flags }: { flags: boolean }): Promise<DriverDefinition> {
  const turns = new Turns(STARTING);
  const start = () => turns.take(() => PluginProcess.start(program, name, host));
  let spare = flags ? await start() : undefined;
  const specs = spare ? await readFlags(spare) : [];
  const open = () => {
    const plugin = spare;
    spare = undefined;
    return plugin?.isOpen ? Promise.resolve(plugin) : start();
  };
  return {
    contract: CONTRACT_VERSION,
    name,
    description: `docker-machine plugin ${program}`,
    capabilities: { guest: 'distribution', hostKey: 'first-contact', power: true, sharedAddress: false },
    flags: specs,
    open: (context, state) => new GoDriver(context, state, specs, open),
  };
}

async function readFlags(plugin: PluginProcess): Promise<FlagSpec[]> {
  try {
    return flagSpecs(await plugin.call('GetCreateFlags', { timeout: FLAGS_TIMEOUT }));
  } catch (error) {
    await plugin.close();
    throw error;
  }
}
