/** What `create` does, in order. Each step may be the last that a crash lets happen. */
import { isMachineError, MachineError } from '../core/errors.ts';
import { pushesReadiness } from '../driver/contract.ts';
import { emptyRecord, type MachineRecord } from '../store/record.ts';
import type { CreateRequest } from './api.ts';
import { withAuthority } from './authority.ts';
import { adoptOffered, writeClientFiles } from './certificates.ts';
import { type CreateJob, driverOf, entryOf, hostOptions, recordedWish, requestDigest } from './create-job.ts';
import { checkEngineTls, engineTarget } from './engine-client.ts';
import { createEntry, saveSecrets } from './entry.ts';
import { openDriver, openNewDriver } from './open-driver.ts';

export interface CreateStep {
  readonly name: string;
  readonly title: string;
  /** How docker-machine begins the message of a failure here. */
  readonly failure: string | ((error: unknown) => string);
  /** Left out when an earlier attempt got past the making of the VM. */
  readonly onlyAnew?: true;
  /** Whether there is anything to do; there is, without it. */
  applies?(job: CreateJob): boolean;
  run(job: CreateJob): Promise<void>;
}

/** Codes of errors of login and detection, which docker-machine tells apart from those of provisioning. */
const DETECTION = ['OS_NOT_RECOGNIZED', 'NOT_LINUX', 'SSH_FAILED', 'SSH_DENIED', 'SSH_KEY', 'SSH_HOST_KEY'];

const RUNNING_TIMEOUT = 180_000;

export const createSteps: readonly CreateStep[] = [
  {
    name: 'configure',
    title: 'Read the options',
    failure: 'Error setting machine configuration from flags provided: ',
    async run(job) {
      const { host, request, signal } = job;
      if (job.entry) await saveSecrets(job.entry, request.secrets ?? {}, job.resumed);
      if (job.entry && job.resumed) {
        job.opened = await openDriver(host, request.driver, job.entry, signal);
        return;
      }
      job.opened = await openNewDriver(host, request.name, request.driver, () => job.entry, signal, request.secrets);
      await job.opened.driver.configure(request.driverFlags);
      if (request.context) await (await import('./docker-context.ts')).checkContext(host, request.name);
    },
  },
  {
    name: 'certificates',
    title: 'Make the certificate authority and the client certificate',
    failure: 'Error generating certificates: ',
    async run({ host, signal }) {
      await withAuthority(host, host.authority, async () => {}, signal);
    },
  },
  {
    name: 'pre-create-check',
    title: 'Check what the driver needs',
    failure: 'Error with pre-create check: ',
    onlyAnew: true,
    async run(job) {
      job.host.options.log.info('Running pre-create checks...');
      await driverOf(job).preCreateCheck();
    },
  },
  {
    name: 'entry',
    title: 'Write the machine into the store',
    failure: 'Error saving host to store before attempting creation: ',
    onlyAnew: true,
    async run(job) {
      const { host, request } = job;
      const driver = driverOf(job).serialize();
      const config = { name: request.name, driverName: request.driver.name, driver, hostOptions: hostOptions(job) };
      const { error: _failed, ...before } = job.entry?.record ?? { ...emptyRecord, engineGeneration: 0 };
      const generations = { engineGeneration: before.engineGeneration + 1 };
      const wish = recordedWish(request);
      const record = { ...before, ...generations, ...wish, phase: 'creating' as const, step: 'entry', request: requestDigest(request) };
      if (job.entry) {
        await job.entry.replaceRecord(record);
        await job.entry.saveConfig(config);
      } else job.entry = await createEntry(host.paths.machine(request.name), config, record, request.secrets);
    },
  },
  {
    name: 'keys',
    title: 'Make the keys',
    failure: 'Error creating machine: ',
    async run(job) {
      const entry = entryOf(job);
      if (job.sshKey) await (await import('./identity.ts')).ensureSshKeys(entry, job.sshKey);
      await withAuthority(job.host, job.host.authority, (authority) => writeClientFiles(entry, authority), job.signal);
    },
  },
  {
    name: 'vm',
    title: 'Make and start the machine',
    failure: 'Error creating machine: Error in driver during machine creation: ',
    onlyAnew: true,
    async run(job) {
      job.host.options.log.info('Creating machine...');
      await driverOf(job).create();
      await entryOf(job).saveDriver(driverOf(job).serialize());
    },
  },
  {
    name: 'running',
    title: 'Wait for the machine to run',
    failure: 'Error creating machine: Error waiting for machine to be running: ',
    applies: ({ request }) => request.driver.capabilities.guest !== 'none',
    async run(job) {
      job.host.options.log.info('Waiting for machine to be running, this may take a few minutes...');
      const driver = driverOf(job);
      if (!job.request.driver.capabilities.power) return awaitServer(job);
      if ((await driver.state()) === 'Stopped') await driver.start(); // resumed, and the computer was switched off in between
      const { awaitState } = await import('./power.ts');
      await awaitState(job.host, driver, 'Running', RUNNING_TIMEOUT, job.signal);
    },
  },
  {
    name: 'ready',
    title: 'Wait for the guest to boot',
    failure: 'Error creating machine: ',
    applies: (job) => pushesReadiness(driverOf(job)),
    async run(job) {
      const driver = driverOf(job);
      if (!pushesReadiness(driver)) return;
      await driver.awaitReady((phase, seconds) => job.steps.detail('ready', `${phase} ${seconds.toFixed(2)} s`));
      await adoptOffered(job.host, entryOf(job));
      await entryOf(job).saveDriver(driver.serialize());
    },
  },
  {
    name: 'provision',
    title: 'Set the guest up',
    failure: (error) =>
      isMachineError(error) && DETECTION.includes(error.code)
        ? 'Error creating machine: Error detecting OS: '
        : 'Error creating machine: Error running provisioning: ',
    applies: ({ request }) => request.driver.capabilities.guest === 'distribution',
    async run({ host, signal, ...job }) {
      if (!job.entry || !job.opened) return;
      host.options.log.info('Detecting operating system of created instance...');
      const { provisionMachine } = await import('./provision.ts');
      await provisionMachine(host, job.entry, job.opened, { announce: true }, signal);
    },
  },
  {
    name: 'connection',
    title: 'Check the connection to the engine',
    failure: 'Error creating machine: Error checking the host: ',
    applies: ({ request }) => request.driver.capabilities.guest !== 'none',
    async run(job) {
      const { host, request, signal } = job;
      const [{ provisionerOf }, { withEnginePath }] = await Promise.all([import('./provision.ts'), import('./engine-path.ts')]);
      const provisioner = provisionerOf(request.driver, entryOf(job).record);
      if (!provisioner) return;
      host.options.log.info('Checking connection to Docker...');
      const url = await driverOf(job).url();
      if (url === '') throw new MachineError('ENGINE_URL', 'the machine has no engine address');
      const target = engineTarget(entryOf(job), url);
      const restarts = provisioner.certificatesRestartEngine;
      const place = { endpoint: await driverOf(job).ssh(), url, guest: request.driver.capabilities.guest };
      await withEnginePath(host, entryOf(job), place, signal, (path) => checkEngineTls({ ...target, ...path }, () => restarts, signal));
      host.options.log.info('Docker is up and running!');
    },
  },
  {
    name: 'context',
    title: 'Make the Docker context',
    failure: 'Error making the Docker context: ',
    applies: ({ request }) => request.context === true,
    async run({ host, request, entry, opened }) {
      if (!entry || !opened) return;
      await entry.update({ context: request.name }); // from here on it is kept up to date, whatever becomes of this attempt
      const { refreshContext } = await import('./docker-context.ts');
      await refreshContext(host, entry, () => opened.driver.url());
    },
  },
  {
    name: 'complete',
    title: 'Note that the machine is complete',
    failure: 'Error attempting to save store: ',
    async run(job) {
      const entry = entryOf(job);
      const { step: _step, request: _request, error: _error, ...record } = entry.record;
      await entry.saveDriver(driverOf(job).serialize());
      await entry.replaceRecord({ ...record, phase: 'complete' });
    },
  },
];

/** A server of somebody's cannot be started, only waited for. Throws STATE_TIMEOUT. */
async function awaitServer(job: CreateJob): Promise<void> {
  const { clock } = job.host.options;
  const limit = clock.now() + RUNNING_TIMEOUT;
  while ((await driverOf(job).state()) !== 'Running') {
    if (clock.now() > limit)
      throw new MachineError('STATE_TIMEOUT', `the server did not answer within ${RUNNING_TIMEOUT / 1000} s`, {
        hint: 'check its address, its SSH port and what filters packets on the way; the same create goes on',
      });
    await clock.sleep(1000, job.signal);
  }
}

/** Names of the steps, in order: what the journal can say, and where a kill must be survived. */
export const CREATE_STEPS: readonly string[] = createSteps.map((step) => step.name);

/** After this one there is a VM. */
const VM_STEP = CREATE_STEPS.indexOf('vm');

/** Whether what an earlier attempt left has a VM that a create with the same request can go on with. */
export function hasVm(record: MachineRecord, request: CreateRequest): boolean {
  if (record.phase !== 'creating' || record.request !== requestDigest(request)) return false;
  return CREATE_STEPS.indexOf(record.step ?? '') > VM_STEP;
}

/**
 * Whether the journal is told of this step: it says which of those after the making of the VM was begun, and takes that back when
 * an attempt begins anew.
 */
export function isJournaled(step: CreateStep, job: CreateJob): boolean {
  const at = createSteps.indexOf(step);
  if (at > VM_STEP) return at < createSteps.length - 1 && (step.applies?.(job) ?? true); // the last one writes itself
  return !job.resumed && CREATE_STEPS.indexOf(job.entry?.record.step ?? '') > VM_STEP;
}
