import type { Container } from '../containers/container.ts';
import { pauseContainer, unpauseContainer } from '../containers/pause.ts';
import { pruneContainers } from '../containers/prune.ts';
import { deleteContainer } from '../containers/remove.ts';
import { renameContainer } from '../containers/rename.ts';
import { restartContainer } from '../containers/restart.ts';
import type { ContainerServices } from '../containers/services.ts';
import { startContainer } from '../containers/start.ts';
import { killContainer, type StopOptions, stopContainer } from '../containers/stop.ts';
import { topContainer } from '../containers/top.ts';
import { badRequest, EngineError, internal } from '../errors.ts';
import type { ApiRequest, Route } from '../http/route.ts';
import { parseTimestamp } from '../http/timestamps.ts';
import { Filters } from './filters.ts';

/** What changes a container's state, of the container part of the Engine API (v1.24 to v1.51). */
export function containerControlRoutes(services: ContainerServices): Route[] {
  const find = (request: ApiRequest): Container => services.registry.get(request.params.name ?? '');
  /** Answered with 204 and nothing else. */
  const action = (method: Route['method'], path: string, run: (request: ApiRequest) => Promise<void>): Route => ({
    method,
    path,
    handle: async (request, answer) => {
      await run(request);
      answer.empty(204);
    },
  });
  return [
    action('POST', '/containers/:name/start', (request) => {
      checkNoBody(request);
      return startContainer(services, find(request));
    }),
    action('POST', '/containers/:name/stop', async (request) => {
      const options = stopOptions(request);
      const container = find(request);
      await explained(`cannot stop container: ${request.params.name}`, () => stopContainer(services, container, options));
    }),
    action('POST', '/containers/:name/restart', (request) => {
      const options = stopOptions(request);
      return restartContainer(services, find(request), options);
    }),
    action('POST', '/containers/:name/kill', (request) =>
      explained(`cannot kill container: ${request.params.name}`, () =>
        killContainer(services, find(request), request.query.string('signal')),
      ),
    ),
    action('POST', '/containers/:name/rename', (request) => renameContainer(services, find(request), request.query.string('name'))),
    action('POST', '/containers/:name/pause', (request) => pauseContainer(services, find(request))),
    action('POST', '/containers/:name/unpause', (request) => unpauseContainer(services, find(request))),
    action('DELETE', '/containers/:name', (request) => {
      const { query, params } = request;
      const container = find(request);
      if (query.boolean('link')) throw internal('Conflict, cannot remove the default link name of the container');
      return deleteContainer(services, container, params.name ?? '', { force: query.boolean('force'), volumes: query.boolean('v') });
    }),
    {
      method: 'GET',
      path: '/containers/:name/top',
      handle: async (request, answer) => answer.json(200, await topContainer(find(request), request.query.string('ps_args'))),
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

function checkNoBody({ headers }: ApiRequest): void {
  if (Number(headers['content-length'] ?? 0) <= 7 && headers['transfer-encoding'] === undefined) return;
  throw badRequest('starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24');
}

function stopOptions({ query, version }: ApiRequest): StopOptions {
  return { timeout: query.integer('t'), signal: version >= 42 ? query.string('signal') : undefined };
}

/** dockerd puts the operation before the reason. */
async function explained(prefix: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof EngineError) || error.status === 304) throw error;
    throw new EngineError(error.status, `${prefix}: ${error.message}`, { cause: error });
  }
}
