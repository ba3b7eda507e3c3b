import { join } from 'node:path';
import { internal } from '../errors.ts';
import type { HistoryEntry } from '../images/config.ts';
import { familiarString } from '../images/reference.ts';
import type { Images, StoredImage } from '../images/store.ts';
import { chainIds } from '../layers/chain-id.ts';

const NO_TIME = '0001-01-01T00:00:00Z';

/** Fields of a container's config that older answers carry for images too. */
const CONTAINER_FIELDS = {
  Hostname: '',
  Domainname: '',
  User: '',
  AttachStdin: false,
  AttachStdout: false,
  AttachStderr: false,
  Tty: false,
  OpenStdin: false,
  StdinOnce: false,
  Env: null,
  Cmd: null,
  Image: '',
  Volumes: null,
  WorkingDir: '',
  Entrypoint: null,
  OnBuild: null,
  Labels: null,
};

const IMAGE_FIELDS = { Cmd: null, Entrypoint: null, Env: null, Labels: null, OnBuild: null, User: '', Volumes: null, WorkingDir: '' };

/** `GET /images/{name}/json` in the shape of an API version (minor number). */
export function inspectImage(images: Images, image: StoredImage, version: number): Record<string, unknown> {
  const { config } = image;
  const references = images.repositories.of(image.id);
  const names = (digests: boolean): string[] => references.filter((name) => (name.digest !== undefined) === digests).map(familiarString);
  const answer: Record<string, unknown> = {
    Id: image.id,
    RepoTags: names(false),
    RepoDigests: names(true),
    Parent: '',
    Comment: config.comment || config.history?.at(-1)?.comment || '',
    ...(config.created || version < 44 ? { Created: config.created ?? NO_TIME } : {}),
    DockerVersion: config.docker_version ?? '',
    Author: config.author ?? '',
    Config: configOf(image, version),
    Architecture: config.architecture,
    ...(config.variant ? { Variant: config.variant } : {}),
    Os: config.os,
    Size: image.size,
    GraphDriver: { Data: layerPaths(images, image), Name: 'overlay2' },
    RootFS: { Type: 'layers', ...(config.rootfs.diff_ids.length > 0 ? { Layers: config.rootfs.diff_ids } : {}) },
    Metadata: { LastTagTime: images.repositories.lastTagged(image.id) ?? NO_TIME },
  };
  if (version < 44) answer.VirtualSize = image.size;
  if (version < 45) {
    if (config.container) answer.Container = config.container;
    answer.ContainerConfig = { ...CONTAINER_FIELDS, ...(config.container_config as object | undefined) };
  }
  return answer;
}

function configOf(image: StoredImage, version: number): Record<string, unknown> {
  const own = image.config.config ?? {};
  const known = [
    'ExposedPorts',
    'Healthcheck',
    'Shell',
    'StopSignal',
    'ArgsEscaped',
    ...Object.keys(version < 50 ? CONTAINER_FIELDS : IMAGE_FIELDS),
  ];
  const present = Object.entries(own).filter(([key, value]) => known.includes(key) && value !== null && value !== undefined);
  return { ...(version < 50 ? CONTAINER_FIELDS : IMAGE_FIELDS), ...Object.fromEntries(present) };
}

/** Folders of the topmost layer. */
function layerPaths(images: Images, image: StoredImage): Record<string, string> | null {
  const folders = images.layers
    .chain(image.config.rootfs.diff_ids)
    .map((layer) => join(images.layers.root, layer.cacheId))
    .reverse();
  const [top, ...lower] = folders;
  if (top === undefined) return null;
  return {
    ...(lower.length > 0 ? { LowerDir: lower.map((folder) => join(folder, 'diff')).join(':') } : {}),
    MergedDir: join(top, 'merged'),
    UpperDir: join(top, 'diff'),
    WorkDir: join(top, 'work'),
  };
}

/** `GET /images/{name}/history`, newest first. Throws EngineError 500 when the image tells of more layers than it has. */
export function imageHistory(images: Images, image: StoredImage): Record<string, unknown>[] {
  const chain = chainIds(image.config.rootfs.diff_ids);
  let layer = 0;
  const lines = (image.config.history ?? []).map((entry: HistoryEntry) => {
    let size = 0;
    if (!entry.empty_layer) {
      const chainId = chain[layer++];
      if (chainId === undefined) throw internal('too many non-empty layers in History section');
      size = images.layers.get(chainId)?.size ?? 0;
    }
    return {
      Comment: entry.comment ?? '',
      Created: Math.floor((Date.parse(entry.created ?? '') || 0) / 1000),
      CreatedBy: entry.created_by ?? '',
      Id: '<missing>',
      Size: size,
      Tags: null as string[] | null,
    };
  });
  const newestFirst = lines.reverse();
  const tags = images.repositories
    .of(image.id)
    .filter((name) => name.digest === undefined)
    .map(familiarString);
  if (newestFirst[0]) Object.assign(newestFirst[0], { Id: image.id, Tags: tags.length > 0 ? tags : null });
  return newestFirst;
}
