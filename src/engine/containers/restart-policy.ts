import type { Container } from './container.ts';
import type { ContainerServices } from './services.ts';

/** Starts a container again without asking about its state. */
export type Relaunch = (services: ContainerServices, container: Container) => Promise<void>;

const firstDelay = 100;
const longestDelay = 60_000;
/** A container that ran this long starts over with the shortest delay. */
const settled = 10_000;

/** Whether policy wants the container again; then it is started after a growing delay. */
export function restartAfterExit(services: ContainerServices, container: Container, relaunch: Relaunch): boolean {
  const { record } = container;
  const { Name: policy = 'no', MaximumRetryCount: limit = 0 } = record.hostConfig.RestartPolicy ?? {};
  if (record.stoppedByUser || container.removing) return false;
  const wanted =
    policy === 'always' ||
    policy === 'unless-stopped' ||
    (policy === 'on-failure' && record.state.exitCode !== 0 && (limit === 0 || record.restartCount < limit));
  if (!wanted) return false;
  const ranFor = Date.parse(record.state.finishedAt) - Date.parse(record.state.startedAt);
  container.restartDelay =
    ranFor >= settled || container.restartDelay === 0 ? firstDelay : Math.min(container.restartDelay * 2, longestDelay);
  record.restartCount += 1;
  record.state.status = 'restarting';
  container.restartTimer = setTimeout(() => {
    void container.changes
      .run(async () => {
        if (record.state.status === 'restarting' && !record.stoppedByUser) await relaunch(services, container);
      })
      .catch((error: Error) => services.log(`container ${record.id}: not restarted: ${error.message}`));
  }, container.restartDelay);
  return true;
}

/** Gives up a pending restart: the container is then exited. */
export function cancelRestart(container: Container): void {
  clearTimeout(container.restartTimer);
  if (container.record.state.status === 'restarting') container.record.state.status = 'exited';
}
