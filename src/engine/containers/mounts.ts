import { existsSync, mkdirSync } from 'node:fs';
import { posix } from 'node:path';
import type { VolumeStore } from '../contracts.ts';
import { badRequest, internal } from '../errors.ts';
import type { SpecMount } from '../runtime/spec/index.ts';
import type { Container } from './container.ts';
import type { ContainerConfig, HostConfig, MountPoint, MountRequest } from './types.ts';

/** A mount to be, before its volume exists. */
interface PlannedMount {
  point: MountPoint;
  /** Anonymous volume when the name is empty. */
  volume?: { name: string; labels: Record<string, string> };
  copyUp: boolean;
}

export interface PreparedMounts {
  points: MountPoint[];
  /** Volumes that take the image's content at their destination on first use. */
  copyUps: { volumeName: string; destination: string }[];
}

const propagations = new Set(['private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave']);

/**
 * Works out a container's mounts from `VolumesFrom`, `Binds`, `Mounts` and the image's volumes, later ones winning, and makes
 * the volumes. Throws 400 with dockerd's words.
 */
export async function prepareMounts(
  config: ContainerConfig,
  host: HostConfig,
  volumes: VolumeStore,
  find: (reference: string) => Container,
  dataRoot: string,
): Promise<PreparedMounts> {
  const planned = new Map<string, PlannedMount>();
  for (const plan of inherited(host.VolumesFrom ?? [], find)) planned.set(plan.point.Destination, plan);
  const own = new Set<string>();
  const add = (plan: PlannedMount): void => {
    const { Destination } = plan.point;
    if (own.has(Destination)) throw badRequest(`Duplicate mount point: ${Destination}`);
    own.add(Destination);
    planned.set(Destination, plan);
  };
  for (const bind of host.Binds ?? []) add(parseBind(bind));
  for (const mount of host.Mounts ?? []) {
    const plan = parseMount(mount);
    if (plan !== undefined) add(plan);
  }
  for (const path of Object.keys(config.Volumes ?? {})) {
    const destination = posix.normalize(path).replace(/(.)\/$/, '$1');
    if (destination === '/')
      throw badRequest(
        "invalid volume specification: '/': invalid mount config for type \"volume\": invalid specification: destination can't be '/'",
      );
    if (!planned.has(destination) && host.Tmpfs?.[destination] === undefined)
      planned.set(destination, volumePlan('', destination, true, '', true));
  }
  for (const { point } of planned.values()) protectDataRoot(point, dataRoot);
  const points: MountPoint[] = [];
  const copyUps: PreparedMounts['copyUps'] = [];
  for (const { point, volume, copyUp } of planned.values()) {
    if (volume !== undefined) {
      const made = await volumes.ensure(
        volume.name === '' ? undefined : volume.name,
        Object.keys(volume.labels).length > 0 ? volume.labels : undefined,
      );
      point.Name = made.Name;
      point.Source = made.Mountpoint;
      if (copyUp) copyUps.push({ volumeName: made.Name, destination: point.Destination });
    }
    points.push(point);
  }
  return { points, copyUps };
}

/** A bind that holds the engine's own mounts must not keep them alive in the container. */
function protectDataRoot(point: MountPoint, dataRoot: string): void {
  const holds = point.Source.startsWith(dataRoot) || dataRoot.startsWith(point.Source);
  if (point.Type === 'bind' && holds && point.Propagation === 'rprivate') point.Propagation = 'rslave';
}

/** What the OCI runtime mounts; a missing source of a bind is made, as `-v` does. */
export function specMounts(points: readonly MountPoint[]): SpecMount[] {
  return points
    .filter(({ Type }) => Type !== 'tmpfs')
    .map(({ Source, Destination, RW, Propagation }) => {
      if (!existsSync(Source)) mkdirSync(Source, { recursive: true });
      return {
        source: Source,
        destination: Destination,
        readonly: !RW,
        ...(propagations.has(Propagation) ? { propagation: Propagation as NonNullable<SpecMount['propagation']> } : {}),
      };
    })
    .sort((a, b) => a.destination.split('/').length - b.destination.split('/').length);
}

function inherited(references: readonly string[], find: (reference: string) => Container): PlannedMount[] {
  return references.flatMap((reference) => {
    const [name = '', mode = ''] = reference.split(':');
    if (!['', 'ro', 'rw'].includes(mode)) throw badRequest(`invalid mode: ${mode}`);
    return find(name).record.mounts.map((mount) => ({
      point: { ...mount, RW: mode === 'ro' ? false : mount.RW, Mode: mode === '' ? mount.Mode : mode },
      copyUp: false,
    }));
  });
}

function parseBind(text: string): PlannedMount {
  const invalid = (reason = ''): Error => internal(`invalid volume specification: '${text}'${reason === '' ? '' : `: ${reason}`}`);
  const parts = text.split(':');
  if (parts.length > 3 || parts.some((part) => part === '')) throw invalid();
  const [first = '', second, third] = parts;
  const single = second === undefined;
  const [source, target, mode] = single ? ['', first, ''] : [first, second, third ?? ''];
  if (!target.startsWith('/'))
    throw invalid(
      `invalid mount config for type "${source.startsWith('/') ? 'bind' : 'volume'}": invalid mount path: '${target}' mount path must be absolute`,
    );
  const destination = posix.normalize(target).replace(/(.)\/$/, '$1');
  if (destination === '/')
    throw invalid(
      `invalid mount config for type "${source.startsWith('/') ? 'bind' : 'volume'}": invalid specification: destination can't be '/'`,
    );
  const options = mode === '' ? [] : mode.split(',');
  const known = options.every(
    (option) => ['ro', 'rw', 'z', 'Z', 'nocopy', 'consistent', 'cached', 'delegated'].includes(option) || propagations.has(option),
  );
  if (!known) throw internal(`invalid mode: ${mode}`);
  const propagation = options.find((option) => propagations.has(option)) ?? '';
  const writable = !options.includes('ro');
  if (source.startsWith('/')) {
    return {
      point: {
        Type: 'bind',
        Source: posix.normalize(source).replace(/(.)\/$/, '$1'),
        Destination: destination,
        Mode: mode,
        RW: writable,
        Propagation: propagation || 'rprivate',
      },
      copyUp: false,
    };
  }
  if (source !== '' && !/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(source)) {
    throw badRequest(
      `create ${source}: "${source}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    );
  }
  return volumePlan(source, destination, writable, mode === '' && !single ? 'z' : mode, !options.includes('nocopy'));
}

function volumePlan(
  name: string,
  destination: string,
  writable: boolean,
  mode: string,
  copyUp: boolean,
  labels: Record<string, string> = {},
): PlannedMount {
  return {
    point: { Type: 'volume', Name: name, Source: '', Destination: destination, Driver: 'local', Mode: mode, RW: writable, Propagation: '' },
    volume: { name, labels },
    copyUp,
  };
}

/** `--mount`; a tmpfs is left to the OCI specification. */
function parseMount(mount: MountRequest): PlannedMount | undefined {
  const { Type: type = '', Source: source = '', Target: target = '' } = mount;
  const invalid = (reason: string): Error => badRequest(`invalid mount config for type "${type}": ${reason}`);
  if (target === '') throw invalid('field Target must not be empty');
  if (!target.startsWith('/')) throw invalid(`invalid mount path: '${target}' mount path must be absolute`);
  const destination = posix.normalize(target).replace(/(.)\/$/, '$1');
  if (destination === '/') throw invalid("invalid specification: destination can't be '/'");
  const writable = mount.ReadOnly !== true;
  if (type === 'tmpfs')
    return { point: { Type: 'tmpfs', Source: '', Destination: destination, Mode: '', RW: writable, Propagation: '' }, copyUp: false };
  if (type === 'volume')
    return volumePlan(source, destination, writable, 'z', mount.VolumeOptions?.NoCopy !== true, mount.VolumeOptions?.Labels ?? {});
  if (type !== 'bind')
    throw badRequest(
      type === '' ? 'invalid mount config for type "": mount type unknown' : `invalid mount config for type "${type}": mount type unknown`,
    );
  if (source === '') throw invalid('field Source must not be empty');
  if (!source.startsWith('/')) throw invalid(`invalid mount path: '${source}' mount path must be absolute`);
  if (mount.BindOptions?.CreateMountpoint !== true && !existsSync(source)) throw invalid(`bind source path does not exist: ${source}`);
  return {
    point: {
      Type: 'bind',
      Source: source,
      Destination: destination,
      Mode: '',
      RW: writable,
      Propagation: mount.BindOptions?.Propagation ?? 'rprivate',
    },
    copyUp: false,
  };
}
