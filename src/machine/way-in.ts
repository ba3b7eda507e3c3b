/** What a provider knows of the way into a machine: the host key it will show, and a firewall that may be shut to this computer. */
import { isMachineError, MachineError } from '../core/errors.ts';
import { type Driver, guardsAccess, readsHostKeys } from '../driver/contract.ts';
import type { MachineSsh } from './api.ts';
import type { MachineEntry } from './entry.ts';
import type { MachinesHost } from './host.ts';

/** Opens the provider's firewall to this computer. That it cannot be looked at is told, for the way in may be open all the same. */
export async function openAccess({ options: { log, signal } }: MachinesHost, driver: Driver): Promise<void> {
  if (!guardsAccess(driver)) return;
  try {
    await driver.openAccess();
  } catch (error) {
    signal.throwIfAborted();
    if (!isMachineError(error)) throw error;
    log.warn(`The provider's firewall could not be looked at: ${error.message}`);
  }
}

/** Host keys that the driver can read are pinned before anybody shows one. */
export async function pinReadKeys(entry: MachineEntry, driver: Driver): Promise<void> {
  if (entry.record.hostKeys.length > 0 || !readsHostKeys(driver)) return;
  const hostKeys = await driver.readHostKeys();
  if (hostKeys.length > 0) await entry.update({ hostKeys });
}

/** What is thrown when nobody answers. */
const UNANSWERED = ['SSH_FAILED', 'TLS_CHECK_FAILED', 'ENGINE_UNREACHABLE', 'ENGINE_SILENT'];

/** Where nobody answered because the provider's firewall is shut, the error says so, and what opens it. */
export async function tellingAccess<T>(name: string, driver: Driver, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isMachineError(error) || !UNANSWERED.includes(error.code) || !guardsAccess(driver)) throw error;
    const problem = await driver.accessProblem().catch(() => undefined); // the first error says more than that this cannot be known
    if (problem === undefined) throw error;
    throw new MachineError(error.code, `${error.message}: ${problem}`, {
      cause: error,
      hint: `\`tsmachine provision ${name}\` opens it again`,
    });
  }
}

/** The same for all that is done over SSH. */
export function sshTellingAccess(name: string, driver: Driver, ssh: MachineSsh): MachineSsh {
  if (!guardsAccess(driver)) return ssh;
  return {
    ...ssh,
    run: (session) => tellingAccess(name, driver, () => ssh.run(session)),
    client: (words, streams) => tellingAccess(name, driver, () => ssh.client(words, streams)),
    connect: (signal, user) => tellingAccess(name, driver, () => ssh.connect(signal, user)),
  };
}
