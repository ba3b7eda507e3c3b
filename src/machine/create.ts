import { isMachineError, MachineError, messageOf, systemCode } from '../core/errors.ts';
import { redacted } from '../core/redaction.ts';
import type { CreateRequest, StepListener } from './api.ts';
import type { CreateJob } from './create-job.ts';
import { type CreateStep, createSteps, hasVm, isJournaled } from './create-steps.ts';
import { deleteEntry, loadEntry, type MachineEntry } from './entry.ts';
import { exists } from './exists.ts';
import type { MachinesHost } from './host.ts';
import { checkName } from './names.ts';
import { dropContext, removeVm } from './undo.ts';

/** See `Machines.create`. */
export async function createMachine(host: MachinesHost, request: CreateRequest, steps: StepListener): Promise<void> {
  checkName(request.name);
  await host.lockMachine(request.name, async () => {
    const entry = await earlierAttempt(host, request.name);
    const sshKey = request.driver.capabilities.guest === 'boot-image' ? (await import('../certs/rsa-key.ts')).generateRsaKey() : undefined;
    sshKey?.catch(() => {}); // told where it is used
    const resumed = entry !== undefined && hasVm(entry.record, request);
    const job: CreateJob = { host, request, steps, signal: host.options.signal, sshKey, entry, opened: undefined, resumed };
    if (entry) {
      host.options.log.info(`Resuming the creation of "${request.name}"...`);
      if (!resumed) await removeVm(host, entry);
    }
    try {
      for (const step of createSteps) if (!(resumed && step.onlyAnew)) await runStep(job, step);
    } finally {
      await job.opened?.dispose();
    }
  });
}

/** What a crash or an error left. Throws MACHINE_EXISTS for anything else of that name. */
export async function earlierAttempt(host: MachinesHost, name: string): Promise<MachineEntry | undefined> {
  const paths = host.paths.machine(name);
  if (!(await exists(paths.dir))) return undefined;
  const found = await loadEntry(paths, name).catch(() => undefined);
  if (found?.record.phase === 'creating' || found?.record.phase === 'failed') return found;
  throw new MachineError('MACHINE_EXISTS', `Docker machine ${JSON.stringify(name)} already exists`);
}

async function runStep(job: CreateJob, step: CreateStep): Promise<void> {
  const { clock } = job.host.options;
  const begun = clock.now(); // `performance` takes a millisecond to load
  try {
    job.signal.throwIfAborted();
    if (isJournaled(step, job)) await job.entry?.update({ phase: 'creating', step: step.name });
    job.steps.begin(step.name, step.title);
    if (step.applies?.(job) ?? true) await step.run(job);
    job.signal.throwIfAborted();
  } catch (error) {
    if (job.signal.aborted) {
      await undoEverything(job);
      throw job.signal.reason;
    }
    await keepFailed(job, step, error);
    throw described(step, error);
  }
  job.steps.end(step.name, clock.now() - begun);
}

/** Ctrl-C: nothing stays. What cannot be undone is kept, to be found by `rm`, and told. */
async function undoEverything(job: CreateJob): Promise<void> {
  const { entry, host } = job;
  if (!entry) return;
  host.options.log.warn(`Removing what was made of "${job.request.name}"...`);
  try {
    await job.opened?.driver.close();
    await removeVm(host, entry);
    await dropContext(host, entry);
    await deleteEntry(entry.paths);
  } catch (error) {
    const message = `what was made could not be removed: ${messageOf(error)}`;
    await entry.update({ phase: 'failed', error: { code: 'UNDO_FAILED', message } }).catch(() => {});
    host.options.log.warn(`"${job.request.name}": ${message}. Run rm to try again.`);
  }
}

/** An error: the VM goes, the entry stays in state Error with its reason. Before there is an entry nothing stays. */
async function keepFailed(job: CreateJob, step: CreateStep, error: unknown): Promise<void> {
  const { entry, host } = job;
  if (!entry) return;
  const reasons = [`${failureOf(step, error)}${messageOf(error)}`];
  try {
    await job.opened?.driver.close();
    await removeVm(host, entry);
  } catch (second) {
    host.options.log.warn(`The machine could not be removed after the error: ${messageOf(second)}`);
    reasons.push(`and removing it failed: ${messageOf(second)}`);
  }
  const code = isMachineError(error) ? error.code : 'CREATE_FAILED';
  try {
    await entry.update({ phase: 'failed', error: { code, message: redacted(reasons.join('; ')) } });
  } catch (second) {
    host.options.log.warn(`The error could not be noted in the store: ${messageOf(second)}`); // a full disk; `create` and `rm` still find their way
  }
}

const failureOf = ({ failure }: CreateStep, error: unknown): string => (typeof failure === 'string' ? failure : failure(error));

/** The error as docker-machine words it. A bug stays what it is, with its stack. */
function described(step: CreateStep, error: unknown): unknown {
  if (!isMachineError(error) && systemCode(error) === undefined) return error;
  const known = isMachineError(error) ? error : undefined;
  const options = { cause: error, ...(known?.hint === undefined ? {} : { hint: known.hint }) };
  if (step.name === 'pre-create-check')
    return new MachineError('PRE_CREATE_CHECK', `${failureOf(step, error)}${JSON.stringify(messageOf(error))}`, {
      ...options,
      exitCode: 3,
    });
  const code = known?.code ?? 'CREATE_FAILED';
  return new MachineError(code, `${failureOf(step, error)}${messageOf(error)}`, { ...options, exitCode: known?.exitCode ?? 1 });
}
