import { pauseContainer, unpauseContainer } from '../containers/pause.ts';
import { pruneContainers } from '../containers/prune.ts';
import type { ContainerServices } from '../containers/services.ts';
import { topContainer } from '../containers/top.ts';
import type { Route } from '../http/route.ts';
import { parseTimestamp } from '../http/timestamps.ts';
import { Filters } from './filters.ts';

/** Pause, unpause, top and prune of the Engine API (v1.24 to v1.51). */
export function containerControlRoutes(services: ContainerServices): Route[] {
  const find = (name: string | undefined) => services.registry.get(name ?? '');
  return [
    {
      method: 'POST',
      path: '/containers/:name/pause',
      handle: async ({ params }, answer) => {
        await pauseContainer(services, find(params.name));
        answer.empty(204);
      },
    },
    {
      method: 'POST',
      path: '/containers/:name/unpause',
      handle: async ({ params }, answer) => {
        await unpauseContainer(services, find(params.name));
        answer.empty(204);
      },
    },
    {
      method: 'GET',
      path: '/containers/:name/top',
      handle: async ({ params, query }, answer) => answer.json(200, await topContainer(find(params.name), query.string('ps_args'))),
    },
    {
      method: 'POST',
      path: '/containers/prune',
      handle: async ({ query }, answer) => {
        const filters = Filters.parse(query.string('filters'), ['label', 'label!', 'until']);
        const until = parseTimestamp(filters.all('until')[0] ?? '');
        answer.json(200, await pruneContainers(services, filters, until === undefined ? undefined : Date.parse(`${until.slice(0, 23)}Z`)));
      },
    },
  ];
}
