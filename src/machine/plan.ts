import { plans } from '../driver/contract.ts';
import type { CreateRequest } from './api.ts';
import { earlierAttempt } from './create.ts';
import { exists } from './exists.ts';
import type { MachinesHost } from './host.ts';
import { checkName } from './names.ts';
import { openNewDriver } from './open-driver.ts';

/** See `Machines.plan`. */
export async function planCreate(host: MachinesHost, request: CreateRequest): Promise<string[]> {
  const { name, driver: definition } = request;
  checkName(name);
  const { knownStoreId } = await import('../store/store-id.ts');
  const untouched: MachinesHost = { ...host, storeId: async () => (await knownStoreId(host.paths.storeRecord)) ?? '' };
  const lines: string[] = [];
  if (await earlierAttempt(host, name)) lines.push('Go on with the earlier attempt, or remove what it made');
  const { caCert } = host.authority;
  if (!(await exists(caCert))) lines.push(`Make a certificate authority and a client certificate in ${host.paths.certsDir}`);
  const opened = await openNewDriver(untouched, name, definition, () => undefined, host.options.signal, request.secrets);
  try {
    const { driver } = opened;
    await driver.configure(request.driverFlags);
    if (request.context) await (await import('./docker-context.ts')).checkContext(host, name);
    lines.push(`Write the machine into ${host.paths.machine(name).dir}`);
    lines.push(...(plans(driver) ? await driver.plan() : [`Make and start the machine with driver ${definition.name}`]));
  } finally {
    await opened.dispose();
  }
  if (definition.capabilities.guest === 'distribution') lines.push('Set the guest up over SSH: engine, its options, certificates');
  if (definition.capabilities.guest !== 'none') lines.push('Check the connection to the engine');
  if (request.context) lines.push(`Make the Docker context ${JSON.stringify(name)}`);
  return lines;
}
