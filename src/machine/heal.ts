/** After a start: the engine is waited for, and given what a new address or a rotation of the CA asks for. */
import { MachineError } from '../core/errors.ts';
import { engineAddress } from './engine-connection.ts';
import { withEnginePath } from './engine-path.ts';
import type { PowerTarget } from './power.ts';
import { ENGINE_TIMEOUT, provisionerOf } from './provision.ts';
import { regenerateCerts } from './regenerate-certs.ts';
import { answers } from './remote.ts';

/**
 * Throws ENGINE_SILENT in docker-machine's words. A certificate that the engine takes only by a restart is brought in after a yes;
 * without one the machine runs as it is, and the warning says what to run.
 */
export async function healMachine(target: PowerTarget): Promise<void> {
  const { host, entry, opened, yes } = target;
  const { log } = host.options;
  const { name } = entry.config;
  const provisioner = provisionerOf(opened.definition, entry.record);
  if (!provisioner) return;
  const url = await opened.driver.url();
  if (opened.definition.capabilities.guest === 'distribution') {
    for (const line of ['Waiting for SSH to be available...', 'Detecting the provisioner...']) log.info(line);
    await awaitEngine(target, url);
  }
  const lacks = await regenerateCerts(host, entry, opened, { renew: false, mayRestart: yes, log });
  if (lacks === undefined) return;
  const what = `The engine of machine "${name}" (${engineAddress(url).host}) has to be given new certificates`;
  const question = `${what}, and the restart this takes may stop containers. Restart it now? (y/n): `;
  if (provisioner.certificatesRestartEngine && /^\s*y/i.test((await host.options.ask?.({ text: question, secret: false })) ?? ''))
    await regenerateCerts(host, entry, opened, { renew: false, mayRestart: true, log });
  else log.warn(`${what}: ${lacks}. Bring it in with: tsmachine regenerate-certs ${name}`);
}

async function awaitEngine(target: PowerTarget, url: string): Promise<void> {
  const { clock, signal } = target.host.options;
  const limit = clock.now() + ENGINE_TIMEOUT;
  while (!(await engineListens(target, url))) {
    signal.throwIfAborted();
    if (clock.now() > limit)
      throw new MachineError('ENGINE_SILENT', `Unable to verify the Docker daemon is listening: nobody answered at ${url}`, {
        hint: `The machine runs; look at its engine over ssh`,
      });
    await clock.sleep(500, signal);
  }
}

/** Behind jump hosts it is asked for over SSH, whose server may itself not be there yet. */
async function engineListens({ host, entry, opened }: PowerTarget, url: string): Promise<boolean> {
  const place = { endpoint: await opened.driver.ssh(), url, guest: opened.definition.capabilities.guest };
  return withEnginePath(host, entry, place, host.options.signal, async ({ dial }) => {
    if (!dial) return answers(engineAddress(url), 5_000);
    (await dial()).destroy();
    return true;
  }).catch(() => false);
}
