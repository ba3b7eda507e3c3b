import type { Task } from '../runtime/task.ts';
import { timestamp } from './clock.ts';
import type { Container } from './container.ts';
import { watchMemory } from './oom.ts';
import { removeContainer } from './remove.ts';
import { type Relaunch, restartAfterExit } from './restart-policy.ts';
import { type ContainerServices, containerEvent } from './services.ts';

/** Does what is to be done when the task ends, once. */
export function watchExit(services: ContainerServices, container: Container, task: Task, relaunch: Relaunch): void {
  const unwatch = watchMemory(services, container);
  const finish = async (): Promise<void> => {
    const exit = await task.exited;
    unwatch(exit.code);
    await container.changes.run(() => afterExit(services, container, task, exit.code, relaunch));
  };
  finish().catch((error: Error) => services.log(`container ${container.id}: ${error.stack ?? error.message}`));
}

async function afterExit(
  services: ContainerServices,
  container: Container,
  task: Task,
  exitCode: number,
  relaunch: Relaunch,
): Promise<void> {
  const { record } = container;
  container.log?.close();
  container.log = undefined;
  container.task = undefined;
  task.dispose();
  const removes = record.hostConfig.AutoRemove === true;
  record.state = { ...record.state, status: 'exited', pid: 0, exitCode, finishedAt: timestamp() };
  const released = await Promise.allSettled([services.layers.unmount(record.id), services.bridge.disconnect(record.id), container.saved]);
  for (const result of released) if (result.status === 'rejected') services.log(`container ${record.id}: ${String(result.reason)}`);
  delete record.endpoint;
  containerEvent(services, container, 'die', {
    exitCode: String(exitCode),
    execDuration: String(Math.max(0, Math.round((Date.parse(record.state.finishedAt) - Date.parse(record.state.startedAt)) / 1000))),
  });
  const restarts = !removes && restartAfterExit(services, container, relaunch);
  // A record that goes away with the container needs no last state.
  if (!removes)
    await services.records.save(record).catch((error: Error) => services.log(`container ${record.id}: state not saved: ${error.message}`));
  container.output.end();
  container.announceExit({ exitCode });
  if (removes && !restarts) await removeContainer(services, container, { volumes: true });
}
