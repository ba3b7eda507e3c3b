import type { EventBus } from '../contracts.ts';
import { badRequest, EngineError, internal } from '../errors.ts';
import type { ApiAnswer, ApiRequest, Route } from '../http/route.ts';
import { deleteImage } from '../images/delete.ts';
import { importImage } from '../images/import.ts';
import { loadImages } from '../images/load.ts';
import type { ProgressSink } from '../images/progress.ts';
import type { Puller } from '../images/pull.ts';
import { familiarName, familiarString, parseReference, type Reference, withDefaultTag, withTag } from '../images/reference.ts';
import type { Images } from '../images/store.ts';
import { decodeCredentials } from '../registry/auth.ts';
import { hostPlatform, parsePlatform } from '../registry/manifest.ts';
import { Filters } from './filters.ts';
import { imageHistory, inspectImage } from './image-inspect.ts';
import { pruneImages } from './image-prune.ts';
import { IMAGE_FILTERS, imageSummaries } from './image-summaries.ts';
import { JsonStream } from './json-stream.ts';

export interface ImageRooms {
  images: Images;
  puller: Puller;
  events: EventBus;
}

/** Engine API v1.51, tag Image, as far as it is served. */
export function imageRoutes(rooms: ImageRooms): Route[] {
  const { images, events } = rooms;
  return [
    { method: 'GET', path: '/images/json', handle: (request, answer) => answer.json(200, list(images, request)) },
    { method: 'POST', path: '/images/create', handle: (request, answer) => create(rooms, request, answer) },
    { method: 'POST', path: '/images/load', handle: (request, answer) => load(images, request, answer) },
    {
      method: 'POST',
      path: '/images/prune',
      handle: async (request, answer) => answer.json(200, await pruneImages(images, request.query.string('filters'), events)),
    },
    {
      method: 'GET',
      path: '/images/*name/json',
      handle: ({ params, version }, answer) => answer.json(200, inspectImage(images, images.find(params.name ?? ''), version)),
    },
    {
      method: 'GET',
      path: '/images/*name/history',
      handle: ({ params }, answer) => answer.json(200, imageHistory(images, images.find(params.name ?? ''))),
    },
    { method: 'POST', path: '/images/*name/tag', handle: (request, answer) => tag(rooms, request, answer) },
    {
      method: 'DELETE',
      path: '/images/*name',
      handle: async ({ params, query }, answer) => {
        if ((params.name ?? '').trim() === '') throw badRequest('image name cannot be blank');
        answer.json(200, await deleteImage(images, params.name ?? '', query.boolean('force'), events));
      },
    },
  ];
}

function list(images: Images, { query, version }: ApiRequest): unknown {
  const filters = Filters.parse(query.string('filters'), IMAGE_FILTERS);
  if (version < 25 && !filters.has('reference') && query.string('filter') !== '') filters.add('reference', query.string('filter'));
  return imageSummaries(images, { filters, sharedSize: version >= 42 && query.boolean('shared-size'), version });
}

async function create(rooms: ImageRooms, request: ApiRequest, answer: ApiAnswer): Promise<void> {
  const stream = new JsonStream(answer);
  await stream.run(() => (request.query.string('fromImage') === '' ? importFrom(rooms, request, stream) : pull(rooms, request, stream)));
}

async function pull({ puller, images, events }: ImageRooms, request: ApiRequest, sink: ProgressSink): Promise<void> {
  const { query, version, headers, signal } = request;
  let reference = parseReference(query.string('fromImage').replace(/:$/, ''));
  const tagName = query.string('tag');
  if (tagName !== '') reference = withTag(reference, tagName);
  if (familiarName(reference) === 'scratch') throw new EngineError(403, "'scratch' is a reserved name");
  const platform = version >= 32 && query.string('platform') !== '' ? parsePlatform(query.string('platform')) : hostPlatform();
  const options = { platform, credentials: credentialsOf(headers['x-registry-auth']), signal };
  const all = reference.tag === undefined && reference.digest === undefined;
  const wanted: Reference[] = all ? (await puller.tags({ ...options, reference })).map((name) => withTag(reference, name)) : [reference];
  for (const one of wanted) {
    await puller.pull({ ...options, reference: one }, sink);
    events.publish('image', 'pull', familiarString(one), { name: familiarName(one), ...labelsOf(images, one) });
  }
}

const labelsOf = (images: Images, reference: Reference): Record<string, string> =>
  images.find(familiarString(reference)).config.config?.Labels ?? {};

/** A pull needs none, and dockerd passes over what it cannot read. */
function credentialsOf(header: string | string[] | undefined): ReturnType<typeof decodeCredentials> {
  try {
    return decodeCredentials(Array.isArray(header) ? header[0] : header);
  } catch {
    return {};
  }
}

async function importFrom({ images, events }: ImageRooms, request: ApiRequest, sink: ProgressSink): Promise<void> {
  const { query, body } = request;
  const source = query.string('fromSrc');
  const reference = repositoryAndTag(query.string('repo'), query.string('tag'));
  if (source !== '-') {
    throw internal(
      source === '' ? 'Get "http:": http: no Host in request URL' : 'importing from a URL is not supported: download it and use fromSrc=-',
    );
  }
  const image = await importImage(images, {
    body: body as AsyncIterable<Buffer>,
    reference,
    platform: query.string('platform') === '' ? hostPlatform() : parsePlatform(query.string('platform')),
    message: query.string('message') || `Imported from ${source}`,
    changes: query.all('changes'),
    now: new Date(),
  });
  sink.write({ status: image.id });
  events.publish('image', 'import', image.id, { name: image.id });
}

function repositoryAndTag(repo: string, tagName: string): Reference | undefined {
  if (repo === '') return undefined;
  const reference = parseReference(repo);
  if (reference.digest !== undefined) throw badRequest('cannot import digest reference');
  return tagName === '' ? withDefaultTag(reference) : withTag(reference, tagName);
}

async function load(images: Images, { body, query }: ApiRequest, answer: ApiAnswer): Promise<void> {
  const stream = new JsonStream(answer);
  const quiet = query.boolean('quiet', true);
  await stream.run(async () => {
    try {
      await loadImages(images, body as AsyncIterable<Buffer>, {
        folder: images.layers.root,
        platform: hostPlatform(),
        sink: stream,
        quiet,
      });
    } catch (error) {
      stream.fail(error);
    }
  });
}

async function tag({ images, events }: ImageRooms, { params, query }: ApiRequest, answer: ApiAnswer): Promise<void> {
  const reference = repositoryAndTag(query.string('repo'), query.string('tag'));
  if (!reference) {
    answer.empty(200);
    return;
  }
  if (familiarName(reference) === 'sha256') throw badRequest('refusing to create an ambiguous tag using digest algorithm as name');
  const image = images.find(params.name ?? '');
  await images.tag(reference, image);
  await images.repositories.noteTagged(image.id, new Date().toISOString());
  events.publish('image', 'tag', image.id, { name: familiarString(reference) });
  answer.empty(201);
}
