import { badRequest } from '../errors.ts';
import { globPattern } from '../images/glob.ts';
import { familiarName, familiarString, fullName, fullString, type Reference, withDefaultTag } from '../images/reference.ts';
import type { Images, StoredImage } from '../images/store.ts';
import { chainIds } from '../layers/chain-id.ts';
import type { Filters } from './filters.ts';

/** Filters of `GET /images/json`. */
export const IMAGE_FILTERS = ['dangling', 'label', 'before', 'since', 'reference', 'until'];

interface ImageSummary {
  Containers: number;
  Created: number;
  Id: string;
  Labels: Record<string, string> | null;
  ParentId: string;
  RepoDigests: string[] | null;
  RepoTags: string[] | null;
  SharedSize: number;
  Size: number;
  VirtualSize?: number;
}

export interface ListOptions {
  filters: Filters;
  sharedSize: boolean;
  /** Minor API version: the shape changed in 1.43, 1.44 and 1.51. */
  version: number;
}

const createdOf = (image: StoredImage): number => Date.parse(image.config.created ?? '') || 0;

/** `GET /images/json`, newest first. Throws EngineError 400 and 404 for filters that cannot be. */
export function imageSummaries(images: Images, { filters, sharedSize, version }: ListOptions): ImageSummary[] {
  const dangling = filters.boolean('dangling');
  const before = [...filters.all('before').map((name) => createdOf(images.find(name))), ...filters.all('until').map(untilOf)];
  const since = filters.all('since').map((name) => createdOf(images.find(name)));
  const matches = referenceMatcher(filters.all('reference'));
  const counts = sharedSize ? layerUses(images) : undefined;
  return images
    .list()
    .filter((image) => before.every((limit) => createdOf(image) < limit) && since.every((limit) => createdOf(image) > limit))
    .filter((image) => filters.matchesLabels('label', image.config.config?.Labels))
    .flatMap((image) => {
      const references = images.repositories.of(image.id).filter(matches);
      const tagged = references.some((reference) => reference.digest === undefined);
      if (references.length === 0 && (dangling === false || filters.has('reference'))) return [];
      if (dangling === true && tagged) return [];
      return summaryOf(images, image, references, version, counts);
    })
    .sort((a, b) => b.Created - a.Created);
}

function summaryOf(
  images: Images,
  image: StoredImage,
  references: Reference[],
  version: number,
  counts: Map<string, number> | undefined,
): ImageSummary {
  const tags = references.filter((reference) => reference.digest === undefined).map(familiarString);
  const digests = references.filter((reference) => reference.digest !== undefined).map(familiarString);
  const none = version < 43 && references.length === 0;
  const empty = version < 43 ? null : [];
  const list = (names: string[], noName: string): string[] | null => (none ? [noName] : names.length > 0 ? names : empty);
  const shared = chainIds(image.config.rootfs.diff_ids).filter((chainId) => (counts?.get(chainId) ?? 0) > 1);
  return {
    Containers: version < 51 ? -1 : images.containersOf(image.id).length,
    Created: Math.floor(createdOf(image) / 1000),
    Id: image.id,
    Labels: image.config.config?.Labels ?? null,
    ParentId: '',
    RepoDigests: list(digests, '<none>@<none>'),
    RepoTags: list(tags, '<none>:<none>'),
    SharedSize: counts ? shared.reduce((sum, chainId) => sum + (images.layers.get(chainId)?.size ?? 0), 0) : -1,
    Size: image.size,
    ...(version < 44 ? { VirtualSize: image.size } : {}),
  };
}

/** A pattern matches the name with or without tag, short or in full. */
function referenceMatcher(patterns: string[]): (reference: Reference) => boolean {
  if (patterns.length === 0) return () => true;
  const compiled = patterns.map((pattern) => {
    const regexp = globPattern(pattern);
    if (!regexp) throw badRequest('syntax error in pattern');
    return regexp;
  });
  return (reference) => {
    const forms = [familiarString(reference), familiarName(reference), fullString(withDefaultTag(reference)), fullName(reference)];
    return compiled.some((regexp) => forms.some((form) => regexp.test(form)));
  };
}

function layerUses(images: Images): Map<string, number> {
  const counts = new Map<string, number>();
  for (const chainId of images.list().flatMap((image) => chainIds(image.config.rootfs.diff_ids))) {
    counts.set(chainId, (counts.get(chainId) ?? 0) + 1);
  }
  return counts;
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A time, Unix seconds, or a Go duration before now; in milliseconds. */
export function untilOf(text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) {
    const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
    return Date.now() - parts.reduce((sum, part) => sum + Number(part[1]) * (UNITS[part[2] ?? ''] ?? 0), 0);
  }
  const time = Date.parse(text);
  if (Number.isNaN(time))
    throw badRequest(`invalid value for 'until' filter: failed to parse value as time or duration: ${JSON.stringify(text)}`);
  return time;
}
