import type { WaitCondition } from '../containers/container.ts';
import { createContainer } from '../containers/create.ts';
import { deleteContainer } from '../containers/remove.ts';
import { renameContainer } from '../containers/rename.ts';
import { readCreateRequest } from '../containers/request.ts';
import { restartContainer } from '../containers/restart.ts';
import type { ContainerServices } from '../containers/services.ts';
import { startContainer } from '../containers/start.ts';
import { killContainer, type StopOptions, stopContainer } from '../containers/stop.ts';
import { badRequest, conflict, EngineError, internal } from '../errors.ts';
import type { ApiAnswer, ApiRequest, Route } from '../http/route.ts';
import { attachContainer } from './attach.ts';
import { containerControlRoutes } from './container-control.ts';
import { terminalSize } from './exec.ts';
import { inspectContainer } from './inspect.ts';
import { listContainers } from './list.ts';
import { checkLogStreams, containerLogs } from './logs.ts';

/** The container part of the Engine API (v1.24 to v1.51). */
export function containerRoutes(services: ContainerServices): Route[] {
  const find = (request: ApiRequest) => services.registry.get(request.params.name ?? '');
  return [
    ...containerControlRoutes(services),
    {
      method: 'GET',
      path: '/containers/json',
      handle: async ({ query }, answer) => answer.json(200, await listContainers(services, query)),
    },
    { method: 'POST', path: '/containers/create', handle: (request, answer) => create(services, request, answer) },
    {
      method: 'GET',
      path: '/containers/:name/json',
      handle: async (request, answer) => {
        const { query, version } = request;
        answer.json(200, await inspectContainer(services, find(request), { size: query.boolean('size'), version }));
      },
    },
    {
      method: 'POST',
      path: '/containers/:name/start',
      handle: async (request, answer) => {
        const length = request.headers['content-length'];
        if (Number(length ?? 0) > 7 || request.headers['transfer-encoding'] !== undefined) {
          throw badRequest('starting container with non-empty request body was deprecated since API v1.22 and removed in v1.24');
        }
        await startContainer(services, find(request));
        answer.empty(204);
      },
    },
    {
      method: 'POST',
      path: '/containers/:name/stop',
      handle: async (request, answer) => {
        const options = stopOptions(request);
        const container = find(request);
        await stopContainer(services, container, options).catch((error: unknown) => {
          throw prefixed(error, `cannot stop container: ${request.params.name}`);
        });
        answer.empty(204);
      },
    },
    {
      method: 'POST',
      path: '/containers/:name/restart',
      handle: async (request, answer) => {
        const options = stopOptions(request);
        await restartContainer(services, find(request), options);
        answer.empty(204);
      },
    },
    {
      method: 'POST',
      path: '/containers/:name/kill',
      handle: async (request, answer) => {
        try {
          await killContainer(services, find(request), request.query.string('signal'));
        } catch (error) {
          throw prefixed(error, `cannot kill container: ${request.params.name}`);
        }
        answer.empty(204);
      },
    },
    { method: 'POST', path: '/containers/:name/wait', handle: (request, answer) => wait(services, request, answer) },
    { method: 'POST', path: '/containers/:name/attach', handle: (request, answer) => attachContainer(services, request, answer) },
    {
      method: 'GET',
      path: '/containers/:name/logs',
      handle: async (request, answer) => {
        checkLogStreams(request);
        await containerLogs(services, find(request), request, answer);
      },
    },
    {
      method: 'POST',
      path: '/containers/:name/resize',
      handle: (request, answer) => {
        const { rows, columns } = terminalSize(request);
        const container = find(request);
        if (!container.running) throw conflict(`container ${container.id} is not running`);
        container.task?.resize(rows, columns);
        answer.empty(200);
      },
    },
    {
      method: 'POST',
      path: '/containers/:name/rename',
      handle: async (request, answer) => {
        await renameContainer(services, find(request), request.query.string('name'));
        answer.empty(204);
      },
    },
    {
      method: 'DELETE',
      path: '/containers/:name',
      handle: async (request, answer) => {
        const { query, params } = request;
        const container = find(request);
        if (query.boolean('link')) throw internal('Conflict, cannot remove the default link name of the container');
        await deleteContainer(services, container, params.name ?? '', { force: query.boolean('force'), volumes: query.boolean('v') });
        answer.empty(204);
      },
    },
  ];
}

async function create(services: ContainerServices, request: ApiRequest, answer: ApiAnswer): Promise<void> {
  const body = await request.json({ required: true });
  const { container, warnings } = await createContainer(services, readCreateRequest(body), {
    name: request.query.string('name'),
    version: request.version,
    platform: request.version >= 41 ? request.query.string('platform') : '',
  });
  answer.json(201, { Id: container.id, Warnings: warnings });
}

async function wait(services: ContainerServices, request: ApiRequest, answer: ApiAnswer): Promise<void> {
  const text = request.version < 30 ? '' : request.query.string('condition');
  if (!['', 'not-running', 'next-exit', 'removed'].includes(text)) throw badRequest(`invalid condition: ${JSON.stringify(text)}`);
  const container = services.registry.get(request.params.name ?? '');
  const result = container.wait((text || 'not-running') as WaitCondition);
  const show = ({ exitCode, error }: Awaited<typeof result>): unknown => ({
    StatusCode: exitCode,
    ...(error === undefined ? {} : { Error: { Message: error } }),
  });
  if (request.version < 30) {
    answer.json(200, show(await result));
    return;
  }
  // The client starts the container only once it has seen the headers.
  const output = answer.stream(200, 'application/json');
  const ended = await result;
  output.end(`${JSON.stringify(show(ended))}\n`);
}

function stopOptions({ query, version }: ApiRequest): StopOptions {
  return { timeout: query.integer('t'), signal: version >= 42 ? query.string('signal') : undefined };
}

/** dockerd puts the operation before the reason. */
function prefixed(error: unknown, prefix: string): unknown {
  return error instanceof EngineError && error.status !== 304
    ? new EngineError(error.status, `${prefix}: ${error.message}`, { cause: error })
    : error;
}
