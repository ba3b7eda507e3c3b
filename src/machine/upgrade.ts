/** `upgrade`: the engine of a distribution from packages, the boot image of a local machine. The caller holds the machine's lock. */
import { MachineError } from '../core/errors.ts';
import { upgradesImage } from '../driver/contract.ts';
import { bootImageOf } from './boot-images.ts';
import { type PowerTarget, startMachine, stopMachine } from './power.ts';
import { engineWish, provisionerOf } from './provision.ts';
import { openShell, workplace } from './remote.ts';

export async function upgradeMachine(target: PowerTarget): Promise<void> {
  const { host, opened } = target;
  const { guest } = opened.definition.capabilities;
  if (guest === 'none')
    throw new MachineError('NO_GUEST', `machine "${target.entry.config.name}" of driver ${opened.definition.name} has no guest to upgrade`);
  if ((await opened.driver.state()) !== 'Running') {
    host.options.log.info('Starting machine so machine can be upgraded...');
    await startMachine(target);
  }
  host.options.log.info('Waiting for SSH to be available...');
  if (guest === 'boot-image') await replaceImage(target);
  else await upgradeEngine(target);
}

async function upgradeEngine({ host, entry, opened }: PowerTarget): Promise<void> {
  const { signal } = host.options;
  const endpoint = await opened.driver.ssh();
  const provisioner = provisionerOf(opened.definition, entry.record);
  if (!endpoint || !provisioner) throw new Error(`driver ${opened.definition.name}: a distribution without SSH`);
  const shell = await openShell(host, entry, endpoint, signal);
  try {
    await provisioner.upgrade(workplace(host, shell, signal), engineWish(entry.config, entry.record));
  } finally {
    shell.close();
  }
}

/** The machine keeps its data disk: images, containers, keys. An image that it has already is left alone, and so is the machine. */
async function replaceImage(target: PowerTarget): Promise<void> {
  const { host, entry, opened } = target;
  const { log, signal } = host.options;
  const { driver } = opened;
  log.info('Detecting the provisioner...');
  log.info('Upgrading docker...');
  if (!upgradesImage(driver)) throw new MachineError('NO_UPGRADE', `driver ${opened.definition.name} cannot replace a machine's image`);
  const image = await bootImageOf(host, undefined, signal);
  if (driver.serialize().includes(image.digest)) return log.info(`Machine "${entry.config.name}" has the newest image already.`);
  log.info('Stopping machine to do the upgrade...');
  await stopMachine(target);
  log.info(`Upgrading machine "${entry.config.name}"...`);
  await driver.useImage(image);
  await entry.saveDriver(driver.serialize());
  log.info('Starting machine back up...');
  await startMachine(target);
  log.info('Restarting docker...');
}
