import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { EventBus, Volume } from '../contracts.ts';
import { badRequest, conflict, internal, notFound } from '../errors.ts';
import type { ApiAnswer, ApiRequest, Route } from '../http/route.ts';
import { ANONYMOUS, type Volumes } from '../volumes/store.ts';
import { Filters } from './filters.ts';

export interface VolumeRooms {
  volumes: Volumes;
  events: EventBus;
  /** Ids of the containers that have a volume. */
  usersOf(name: string): string[];
}

/** Engine API v1.51, tag Volume, for the local driver. */
export function volumeRoutes(rooms: VolumeRooms): Route[] {
  return [
    { method: 'GET', path: '/volumes', handle: async ({ query }, answer) => answer.json(200, await list(rooms, query.string('filters'))) },
    { method: 'POST', path: '/volumes/create', handle: (request, answer) => create(rooms, request, answer) },
    { method: 'POST', path: '/volumes/prune', handle: async (request, answer) => answer.json(200, await prune(rooms, request)) },
    { method: 'GET', path: '/volumes/:name', handle: async ({ params }, answer) => answer.json(200, await find(rooms, params.name ?? '')) },
    { method: 'DELETE', path: '/volumes/:name', handle: (request, answer) => remove(rooms, request, answer) },
  ];
}

async function find({ volumes }: VolumeRooms, name: string): Promise<Volume> {
  const volume = await volumes.get(name);
  if (!volume) throw notFound(`get ${name}: no such volume`);
  return volume;
}

async function list({ volumes, usersOf }: VolumeRooms, text: string): Promise<unknown> {
  const filters = Filters.parse(text, ['dangling', 'driver', 'label', 'name']);
  const dangling = filters.boolean('dangling');
  const found = (await volumes.list())
    .filter(({ Name }) => filters.matchesText('name', Name))
    .filter(({ Driver }) => !filters.has('driver') || filters.all('driver').includes(Driver))
    .filter(({ Labels }) => filters.matchesLabels('label', Labels))
    .filter(({ Name }) => dangling === undefined || (usersOf(Name).length === 0) === dangling);
  return { Volumes: found, Warnings: null };
}

async function create({ volumes, events }: VolumeRooms, request: ApiRequest, answer: ApiAnswer): Promise<void> {
  const body = (await request.json()) as {
    Name?: string;
    Driver?: string;
    DriverOpts?: Record<string, string> | null;
    Labels?: Record<string, string> | null;
  };
  const name = body.Name || undefined;
  if (body.Driver && body.Driver !== 'local') {
    throw notFound(`create ${name ?? ''}: error looking up volume plugin ${body.Driver}: plugin "${body.Driver}" not found`);
  }
  for (const option of Object.keys(body.DriverOpts ?? {})) {
    const known = ['type', 'o', 'device', 'size'].includes(option);
    throw badRequest(
      `create ${name ?? ''}: ${known ? `option "${option}" is not supported by this engine` : `invalid option: "${option}"`}`,
    );
  }
  const existed = name !== undefined && (await volumes.get(name)) !== undefined;
  const volume = await volumes.ensure(name, body.Labels ?? undefined);
  if (!existed) events.publish('volume', 'create', volume.Name, { driver: 'local' });
  answer.json(201, volume);
}

async function remove(rooms: VolumeRooms, { params, query }: ApiRequest, answer: ApiAnswer): Promise<void> {
  const name = params.name ?? '';
  if (!query.boolean('force') || (await rooms.volumes.get(name))) {
    await find(rooms, name);
    const users = rooms.usersOf(name);
    if (users.length > 0) throw conflict(`remove ${name}: volume is in use - [${users.join(', ')}]`);
    await rooms.volumes.remove(name);
    rooms.events.publish('volume', 'destroy', name, { driver: 'local' });
  }
  answer.empty(204);
}

/** Unused volumes: since API 1.42 only those without a name, unless `all` says otherwise. */
async function prune({ volumes, events, usersOf }: VolumeRooms, { query, version }: ApiRequest): Promise<unknown> {
  const filters = Filters.parse(query.string('filters'), ['label', 'label!', 'all']);
  const all = version < 42 || filters.boolean('all') === true;
  const deleted: string[] = [];
  let reclaimed = 0;
  for (const { Name, Labels, Mountpoint } of await volumes.list()) {
    if (usersOf(Name).length > 0 || (!all && Labels?.[ANONYMOUS] === undefined)) continue;
    if (!filters.matchesLabels('label', Labels) || (filters.has('label!') && filters.matchesLabels('label!', Labels))) continue;
    const size = await treeSize(Mountpoint);
    await volumes.remove(Name).catch((error: Error) => Promise.reject(internal(`remove ${Name}: ${error.message}`, error)));
    events.publish('volume', 'destroy', Name, { driver: 'local' });
    reclaimed += size;
    deleted.push(Name);
  }
  return { VolumesDeleted: deleted, SpaceReclaimed: reclaimed };
}

async function treeSize(path: string): Promise<number> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true });
  const sizes = entries.filter((entry) => entry.isFile()).map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
