import type { WaitCondition } from '../containers/container.ts';
import { createContainer } from '../containers/create.ts';
import { readCreateRequest } from '../containers/request.ts';
import type { ContainerServices } from '../containers/services.ts';
import { badRequest, conflict } from '../errors.ts';
import type { ApiAnswer, ApiRequest, Route } from '../http/route.ts';
import { attachContainer } from './attach.ts';
import { terminalSize } from './exec.ts';
import { inspectContainer } from './inspect.ts';
import { listContainers } from './list.ts';
import { checkLogStreams, containerLogs } from './logs.ts';

/** Create, list, inspect and everything that streams, of the container part of the Engine API (v1.24 to v1.51). */
export function containerRoutes(services: ContainerServices): Route[] {
  const find = (request: ApiRequest) => services.registry.get(request.params.name ?? '');
  return [
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
