import type { Container } from '../containers/container.ts';
import { commandLine } from '../containers/merge-image.ts';
import { portMap } from '../containers/ports.ts';
import type { ContainerServices } from '../containers/services.ts';
import { badRequest } from '../errors.ts';
import type { Query } from '../http/query.ts';
import { humanDuration } from './duration.ts';
import { Filters } from './filters.ts';
import { showMount } from './inspect.ts';
import { networks } from './network-settings.ts';

const acceptedFilters = 'ancestor before exited expose health id is-task isolation label name network publish since status volume'.split(
  ' ',
);
const states = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'];

/** `GET /containers/json` (v1.24 to v1.51). Throws 400. */
export async function listContainers(services: ContainerServices, query: Query): Promise<unknown[]> {
  const filters = Filters.parse(query.string('filters'), acceptedFilters);
  for (const status of filters.all('status')) {
    if (!states.includes(status)) {
      throw badRequest(`invalid filter 'status=${status}': invalid value for state (${status}): must be one of ${states.join(', ')}`);
    }
  }
  const exited = filters.all('exited').map((code) => {
    if (!/^-?\d+$/.test(code))
      throw badRequest(`invalid filter 'exited=${code}': strconv.Atoi: parsing ${JSON.stringify(code)}: invalid syntax`);
    return Number(code);
  });
  const limit = query.integer('limit') ?? 0;
  const all = query.boolean('all') || limit > 0 || filters.has('status');
  const images = await ancestorImages(services, filters);
  let chosen = services.registry.list();
  const cut = (name: 'before' | 'since'): number | undefined => {
    const reference = filters.all(name)[0] ?? (query.string(name) || undefined);
    return reference === undefined ? undefined : chosen.indexOf(services.registry.get(reference));
  };
  const [before, since] = [cut('before'), cut('since')];
  chosen = chosen.slice(before === undefined ? 0 : before + 1, since);
  chosen = chosen.filter((container) => {
    const { record } = container;
    return (
      (all || container.running) &&
      (filters.match('name', record.name) || filters.match('name', container.name)) &&
      filters.match('id', record.id) &&
      filters.matchesLabels('label', record.config.Labels) &&
      filters.exact('status', record.state.status) &&
      (exited.length === 0 ||
        (!container.running && !record.state.startedAt.startsWith('0001') && exited.includes(record.state.exitCode))) &&
      (images === undefined || images.has(record.imageId)) &&
      inVolumes(container, filters) &&
      (!filters.has('network') ||
        filters.all('network').some((name) => name === record.hostConfig.NetworkMode || name === record.endpoint?.networkId))
    );
  });
  if (limit > 0) chosen = chosen.slice(0, limit);
  return Promise.all(chosen.map((container) => summary(services, container, query.boolean('size'))));
}

async function ancestorImages(services: ContainerServices, filters: Filters): Promise<Set<string> | undefined> {
  if (!filters.has('ancestor')) return undefined;
  const images = await Promise.allSettled(filters.all('ancestor').map((reference) => services.images.resolve(reference)));
  return new Set(images.flatMap((image) => (image.status === 'fulfilled' ? [image.value.id] : [])));
}

function inVolumes(container: Container, filters: Filters): boolean {
  if (!filters.has('volume')) return true;
  return container.record.mounts.some(({ Name, Source, Destination }) =>
    filters.all('volume').some((wanted) => [Name ?? Source, Destination].includes(wanted)),
  );
}

async function summary(services: ContainerServices, container: Container, withSize: boolean): Promise<unknown> {
  const { record } = container;
  const size = withSize ? await services.layers.usage(record.id) : undefined;
  return {
    Id: record.id,
    Names: [record.name],
    Image: await shownImage(services, container),
    ImageID: record.imageId,
    Command: shownCommand(container),
    Created: Math.floor(Date.parse(record.created) / 1000),
    Ports: shownPorts(container),
    ...(size === undefined ? {} : { SizeRw: size.rw, SizeRootFs: size.rootFs }),
    Labels: record.config.Labels ?? {},
    State: record.state.status,
    Status: status(container),
    HostConfig: { NetworkMode: record.hostConfig.NetworkMode ?? 'bridge' },
    NetworkSettings: { Networks: networks(services, container) },
    // As dockerd, without the place of anonymous volumes.
    Mounts: record.mounts.map((mount) => showMount(isAnonymous(mount.Name) ? { ...mount, Source: '' } : mount)),
  };
}

const isAnonymous = (name: string | undefined): boolean => /^[0-9a-f]{64}$/.test(name ?? '');

/** The name it was made from, or the id once that name means another image. */
async function shownImage(services: ContainerServices, container: Container): Promise<string> {
  const { config, imageId } = container.record;
  const image = await services.images.resolve(config.Image ?? '').catch(() => undefined);
  return image?.id === imageId ? (config.Image ?? '') : imageId;
}

function shownCommand(container: Container): string {
  const [path = '', ...args] = commandLine(container.record.config);
  return [path, ...args.map((word) => (word.includes(' ') ? `'${word}'` : word))].join(' ');
}

function shownPorts(container: Container): unknown[] {
  const { config, endpoint } = container.record;
  if (!container.running) return [];
  return Object.entries(portMap(config, endpoint))
    .sort(([one], [other]) => Number.parseInt(one, 10) - Number.parseInt(other, 10) || (one < other ? -1 : 1))
    .flatMap(([port, bindings]): unknown[] => {
      const [number = '', type = 'tcp'] = port.split('/');
      const base = { PrivatePort: Number(number), Type: type };
      if (bindings === null) return [base];
      return bindings.map(({ HostIp, HostPort }) => ({
        IP: HostIp,
        PrivatePort: Number(number),
        PublicPort: Number(HostPort),
        Type: type,
      }));
    });
}

/** `Up 5 minutes`, `Exited (0) 2 hours ago` … (moby container/state.go, String). */
function status(container: Container): string {
  const { state } = container.record;
  const since = (time: string): string => humanDuration(Math.max(0, Date.now() - Date.parse(time)));
  switch (state.status) {
    case 'running':
      return `Up ${since(state.startedAt)}`;
    case 'paused':
      return `Up ${since(state.startedAt)} (Paused)`;
    case 'restarting':
      return `Restarting (${state.exitCode}) ${since(state.finishedAt)} ago`;
    case 'created':
      return 'Created';
    case 'dead':
      return 'Dead';
    default:
      return state.finishedAt.startsWith('0001') ? '' : `Exited (${state.exitCode}) ${since(state.finishedAt)} ago`;
  }
}
