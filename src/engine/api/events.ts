import type { EngineEvent } from '../contracts.ts';
import { badRequest } from '../errors.ts';
import type { EngineEvents } from '../events/bus.ts';
import type { ApiAnswer, ApiRequest, Route } from '../http/route.ts';
import { parseTimestamp } from '../http/timestamps.ts';
import { Filters } from './filters.ts';

const acceptedFilters = 'config container daemon event image label network node plugin scope secret service type volume'.split(' ');

/** `GET /events` (v1.24 to v1.51): one JSON object a line, past ones first. */
export function eventRoutes(events: EngineEvents): Route[] {
  return [{ method: 'GET', path: '/events', handle: (request, answer) => stream(events, request, answer) }];
}

async function stream(events: EngineEvents, request: ApiRequest, answer: ApiAnswer): Promise<void> {
  const { query } = request;
  const filters = Filters.parse(query.string('filters'), acceptedFilters);
  const since = milliseconds(parseTimestamp(query.string('since')));
  const until = milliseconds(parseTimestamp(query.string('until')));
  if (since !== undefined && until !== undefined && since > until) {
    throw badRequest(`\`since\` time (${query.string('since')}) cannot be after \`until\` time (${query.string('until')})`);
  }
  const output = answer.stream(200, 'application/json');
  const send = (event: EngineEvent): void => {
    // Told of since v1.46 only.
    if (request.version < 46 && event.Type === 'image' && event.Action === 'create') return;
    if (accepts(filters, event)) output.write(`${JSON.stringify(legacy(event))}\n`);
  };
  const past =
    since === undefined
      ? []
      : events.past().filter(({ timeNano }) => timeNano / 1e6 >= since && (until === undefined || timeNano / 1e6 <= until));
  const leave = events.subscribe(send);
  for (const event of past) send(event);
  if (until !== undefined) {
    const timer = setTimeout(() => output.end(), Math.max(0, until - Date.now()));
    output.once('close', () => clearTimeout(timer));
  }
  await new Promise((done) => output.once('close', done));
  leave();
}

function milliseconds(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Date.parse(`${text.slice(0, 23)}Z`);
}

/** The fields of v1.21 and earlier are still sent for containers and images. */
function legacy(event: EngineEvent): unknown {
  const { Type, Action, Actor, scope, time, timeNano } = event;
  const old =
    Type === 'container'
      ? { status: Action, id: Actor.ID, from: Actor.Attributes.image ?? '' }
      : Type === 'image'
        ? { status: Action, id: Actor.ID }
        : {};
  return { ...old, Type, Action, Actor, scope, time, timeNano };
}

function accepts(filters: Filters, event: EngineEvent): boolean {
  const { Type, Action, Actor, scope } = event;
  const matches = (kind: EngineEvent['Type']): boolean =>
    !filters.has(kind) ||
    (Type === kind && filters.all(kind).some((wanted) => Actor.ID.startsWith(wanted) || Actor.Attributes.name === wanted));
  return (
    filters.exact('type', Type) &&
    filters.exact('scope', scope) &&
    (!filters.has('event') || filters.all('event').some((wanted) => Action === wanted || Action.startsWith(`${wanted}:`))) &&
    filters.matchesLabels('label', Actor.Attributes) &&
    matches('container') &&
    matches('image') &&
    matches('volume') &&
    matches('network')
  );
}
