import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { discardRunDirectory, Task } from '../runtime/task.ts';
import { timestamp } from './clock.ts';
import { Container } from './container.ts';
import { watchExit } from './exit.ts';
import { removeContainer } from './remove.ts';
import { restartAfterExit } from './restart-policy.ts';
import type { ContainerServices } from './services.ts';
import { launch, openLog, taskOptions } from './start.ts';

/**
 * After a start of the engine: reads every container, takes over those that still run (an earlier engine may have been
 * killed), and clears away what belongs to none.
 */
export async function restoreContainers(services: ContainerServices): Promise<void> {
  const { records, orphans, broken } = await services.records.load();
  for (const record of records) services.registry.add(new Container(record));
  for (const id of broken) services.log(`container ${id}: its record is not readable; left alone`);
  for (const id of orphans) {
    await services.layers.remove(id).catch((error: Error) => services.log(`left-over layer ${id}: ${error.message}`));
    await services.records.remove(id);
  }
  const alive: Container[] = [];
  for (const container of services.registry.list()) {
    try {
      if (existsSync(join(services.runRoot, container.id, 'live'))) alive.push(container);
      else await settleDead(services, container);
    } catch (error) {
      services.log(`container ${container.id}: ${(error as Error).message}`);
    }
  }
  const endpoints = alive.flatMap(({ id, record }) =>
    record.endpoint === undefined ? [] : [{ containerId: id, endpoint: record.endpoint }],
  );
  await services.bridge.restore(endpoints);
  for (const container of alive) takeOver(services, container);
  for (const name of readdirSync(services.runRoot)) {
    // Execs of an earlier engine, and what a crash left.
    if (services.registry.byId(name) === undefined) discardRunDirectory(join(services.runRoot, name));
  }
}

/** It may have ended meanwhile: the task then tells so at once, with its last output and its code. */
function takeOver(services: ContainerServices, container: Container): void {
  const { record } = container;
  openLog(services, container);
  const task = Task.reattach(taskOptions(services, container));
  container.task = task;
  record.state.status = record.state.status === 'paused' ? 'paused' : 'running';
  record.state.pid = task.pid;
  if (record.state.startedAt.startsWith('0001')) record.state.startedAt = timestamp();
  watchExit(services, container, task, launch);
}

/** Policy `always` forgets at a start of the engine that a user stopped the container (moby restartmanager, ShouldRestart). */
function startWithEngine(services: ContainerServices, container: Container): void {
  const { record } = container;
  if (record.hostConfig.RestartPolicy?.Name === 'always') record.stoppedByUser = false;
  restartAfterExit(services, container, launch);
}

/** Its process went down with the machine. */
async function settleDead(services: ContainerServices, container: Container): Promise<void> {
  const { record } = container;
  await services.layers.unmount(record.id);
  const { status } = record.state;
  if (!['running', 'paused', 'restarting'].includes(status)) {
    if (status === 'exited') startWithEngine(services, container);
    return;
  }
  delete record.endpoint;
  record.state = { ...record.state, status: 'exited', pid: 0, exitCode: 255, finishedAt: timestamp() };
  if (record.hostConfig.AutoRemove === true) {
    await removeContainer(services, container, { volumes: true });
    return;
  }
  restartAfterExit(services, container, launch);
  await services.records.save(record);
}
