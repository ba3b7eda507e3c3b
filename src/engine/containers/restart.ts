import type { Container } from './container.ts';
import { type ContainerServices, containerEvent } from './services.ts';
import { startContainer } from './start.ts';
import { type StopOptions, stopRunning } from './stop.ts';

/** `POST /containers/{id}/restart`. */
export async function restartContainer(services: ContainerServices, container: Container, options: StopOptions): Promise<void> {
  const autoRemove = container.record.hostConfig.AutoRemove;
  // A restart is no end of life.
  container.record.hostConfig.AutoRemove = false;
  try {
    if (container.running) await stopRunning(services, container, options);
    await startContainer(services, container);
  } finally {
    if (autoRemove !== undefined) container.record.hostConfig.AutoRemove = autoRemove;
  }
  containerEvent(services, container, 'restart');
}
