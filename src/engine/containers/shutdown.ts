import type { ContainerServices } from './services.ts';
import { stopRunning } from './stop.ts';

/** Stops every running container; what is not gone by then is killed. They are not marked as stopped by the user. */
export async function stopAll(services: ContainerServices, timeout: number): Promise<void> {
  const running = services.registry.list().filter((container) => container.running);
  await Promise.allSettled(
    running.map(async (container) => {
      const settled = container.wait('not-running');
      await stopRunning(services, container, { timeout: container.record.config.StopTimeout ?? Math.min(timeout, 10) });
      container.record.stoppedByUser = false;
      await settled;
      await container.changes.run(() => services.records.save(container.record));
    }),
  );
}
