import { badRequest, EngineError } from '../errors.ts';
import { freeze } from './cgroup.ts';
import type { Container } from './container.ts';
import { cancelRestart } from './restart-policy.ts';
import { type ContainerServices, containerEvent } from './services.ts';
import { parseSignal } from './signals.ts';

const SIGKILL = 9;
const highest = 64;
const defaultTimeout = 10;

export interface StopOptions {
  /** Seconds; negative: wait without end. */
  timeout?: number | undefined;
  signal?: string | undefined;
}

/** `POST /containers/{id}/stop`. Throws 304 when it does not run. */
export async function stopContainer(services: ContainerServices, container: Container, options: StopOptions): Promise<void> {
  if (container.record.state.status === 'restarting') {
    await markStopped(services, container);
    cancelRestart(container);
    return;
  }
  if (!container.running) throw new EngineError(304, 'container is already stopped');
  await stopRunning(services, container, options);
}

export async function stopRunning(services: ContainerServices, container: Container, options: StopOptions): Promise<void> {
  const { config } = container.record;
  const signal = parseSignal(options.signal || config.StopSignal || 'SIGTERM');
  const seconds = options.timeout ?? config.StopTimeout ?? defaultTimeout;
  const exited = container.wait('not-running');
  await markStopped(services, container);
  sendSignal(services, container, signal);
  thaw(container);
  if (seconds < 0) await exited;
  else if (!(await within(exited, seconds * 1000))) {
    sendSignal(services, container, SIGKILL);
    await exited;
  }
  containerEvent(services, container, 'stop');
}

/** `POST /containers/{id}/kill`: SIGKILL waits for the end. Throws 409 when it does not run. */
export async function killContainer(services: ContainerServices, container: Container, signalText: string): Promise<void> {
  const signal = signalText === '' ? SIGKILL : parseSignal(signalText);
  if (signal > highest) throw badRequest(`the linux daemon does not support signal ${signal}`);
  if (!container.running) throw new EngineError(409, `container ${container.id} is not running`);
  const stopSignal = parseSignal(container.record.config.StopSignal || 'SIGTERM');
  if (signal === SIGKILL || signal === stopSignal) await markStopped(services, container);
  const exited = container.wait('not-running');
  sendSignal(services, container, signal);
  if (signal === SIGKILL || signal === stopSignal) thaw(container);
  if (signal === SIGKILL) await exited;
}

/** A frozen process would never see what ends it. */
function thaw({ record }: Container): void {
  if (record.state.status !== 'paused') return;
  record.state.status = 'running';
  freeze(record.state.pid, false);
}

/** Sends a signal to the container's first process, if it is still that process. */
export function sendSignal(services: ContainerServices, container: Container, signal: number): void {
  const { pid } = container.record.state;
  if (!container.running || pid <= 1) return;
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
  containerEvent(services, container, 'kill', { signal: String(signal) });
}

async function markStopped(services: ContainerServices, container: Container): Promise<void> {
  container.record.stoppedByUser = true;
  // Policies must know it after a restart of the engine too; without a policy nobody asks.
  if (container.record.hostConfig.RestartPolicy?.Name !== 'no') await services.records.save(container.record);
}

async function within(promise: Promise<unknown>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<false>((done) => {
    timer = setTimeout(() => done(false), milliseconds);
  });
  const result = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return result;
}
