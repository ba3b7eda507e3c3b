import type { Filters } from '../api/filters.ts';
import { deleteContainer } from './remove.ts';
import type { ContainerServices } from './services.ts';

export interface PruneResult {
  ContainersDeleted: string[] | null;
  SpaceReclaimed: number;
}

/** `POST /containers/prune`: removes what does not run. */
export async function pruneContainers(services: ContainerServices, filters: Filters, until: number | undefined): Promise<PruneResult> {
  const removed: string[] = [];
  let space = 0;
  for (const container of services.registry.list()) {
    const { record } = container;
    if (container.running || container.removing) continue;
    if (until !== undefined && Date.parse(record.created) > until) continue;
    if (!filters.matchesLabels('label', record.config.Labels)) continue;
    if (filters.has('label!') && filters.matchesLabels('label!', record.config.Labels)) continue;
    const { rw } = await services.layers.usage(record.id);
    await deleteContainer(services, container, record.id, { force: false, volumes: false });
    removed.push(record.id);
    space += rw;
  }
  services.events.publish('container', 'prune', '', { reclaimed: String(space) });
  return { ContainersDeleted: removed.length > 0 ? removed : null, SpaceReclaimed: space };
}
