import { conflict, internal } from '../errors.ts';
import { freeze } from './cgroup.ts';
import type { Container } from './container.ts';
import { type ContainerServices, containerEvent } from './services.ts';

/** `POST /containers/{id}/pause`. Throws 409. */
export function pauseContainer(services: ContainerServices, container: Container): Promise<void> {
  return container.changes.run(async () => {
    const { state } = container.record;
    if (!container.running) throw conflict(`container ${container.id} is not running`);
    if (state.status === 'paused') throw conflict(`Container ${container.id} is already paused`);
    freeze(state.pid, true);
    state.status = 'paused';
    await services.records.save(container.record);
    containerEvent(services, container, 'pause');
  });
}

/** `POST /containers/{id}/unpause`. Throws 500 as dockerd. */
export function unpauseContainer(services: ContainerServices, container: Container): Promise<void> {
  return container.changes.run(async () => {
    const { state } = container.record;
    if (state.status !== 'paused') throw internal(`Container ${container.id} is not paused`);
    freeze(state.pid, false);
    state.status = 'running';
    await services.records.save(container.record);
    containerEvent(services, container, 'unpause');
  });
}
