import { internal, notFound } from '../errors.ts';
import { isDigest } from '../images/config.ts';

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/** Docker manifest v2 schema 2 or OCI image manifest: the same fields. */
export interface Manifest {
  config: Descriptor;
  layers: Descriptor[];
}

export interface Platform {
  os: string;
  architecture: string;
  variant?: string;
}

const INDEXES = ['application/vnd.docker.distribution.manifest.list.v2+json', 'application/vnd.oci.image.index.v1+json'];
const MANIFESTS = ['application/vnd.docker.distribution.manifest.v2+json', 'application/vnd.oci.image.manifest.v1+json'];

/** The Accept header of a manifest request. */
export const MANIFEST_TYPES = [...MANIFESTS, ...INDEXES].join(', ');

const RUNNABLE_CONFIGS = /^application\/vnd\.(docker\.container\.image\.v1|oci\.image\.config\.v1)\+json$|^$/;

/** Processor of this machine in Go's words, as images name it. */
export const hostPlatform = (): Platform => ({ os: 'linux', architecture: process.arch === 'x64' ? 'amd64' : process.arch });

/** Parses `os[/architecture[/variant]]` as the API's `platform` parameter. */
export function parsePlatform(text: string): Platform {
  const [os = '', architecture, variant] = text.split('/');
  return { ...hostPlatform(), os: os || 'linux', ...(architecture ? { architecture } : {}), ...(variant ? { variant } : {}) };
}

/** An index gives the manifest of the platform, a manifest itself. Throws EngineError 404 as dockerd when the platform is not there. */
export function readManifest(text: string, mediaType: string, platform: Platform): Manifest | { from: Descriptor } {
  const value = JSON.parse(text) as Record<string, unknown>;
  const type = typeof value.mediaType === 'string' ? value.mediaType : mediaType.split(';')[0]?.trim();
  if (value.schemaVersion === 1) {
    throw internal('Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been removed.');
  }
  if (INDEXES.includes(type ?? '') || Array.isArray(value.manifests)) return { from: choose(value.manifests, platform) };
  const config = descriptor(value.config);
  if (!RUNNABLE_CONFIGS.test(config.mediaType)) throw internal(`unsupported media type ${config.mediaType}`);
  if (!Array.isArray(value.layers)) throw internal('unsupported manifest format');
  return { config, layers: value.layers.map(descriptor) };
}

function descriptor(value: unknown): Descriptor {
  const { digest, size, mediaType } = (value ?? {}) as Partial<Descriptor>;
  if (typeof digest !== 'string' || !isDigest(digest)) throw internal(`invalid checksum digest format: ${String(digest)}`);
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw internal(`invalid size of ${digest}: ${String(size)}`);
  return { digest, size, mediaType: typeof mediaType === 'string' ? mediaType : '' };
}

function choose(entries: unknown, wanted: Platform): Descriptor {
  const list = (Array.isArray(entries) ? entries : []) as (Record<string, unknown> & { platform?: Partial<Platform> })[];
  const matching = list.filter(({ platform }) => platform?.os === wanted.os && platform?.architecture === wanted.architecture);
  const exact = matching.find(({ platform }) => (platform?.variant ?? '') === (wanted.variant ?? ''));
  const chosen = exact ?? (wanted.variant === undefined ? matching[0] : undefined);
  if (!chosen) {
    const variant = wanted.variant ? `/${wanted.variant}` : '';
    throw notFound(`no matching manifest for ${wanted.os}/${wanted.architecture}${variant} in the manifest list entries`);
  }
  return descriptor(chosen);
}
