/** Container images made of tar layers in memory, as a registry (Image Manifest V2, schema 2) and `docker load` want them. */

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';

export const MANIFEST_TYPE = 'application/vnd.docker.distribution.manifest.v2+json';

export interface Blob {
  mediaType: string;
  size: number;
  digest: string;
}

export interface BuiltImage {
  config: Buffer;
  /** Gzipped, lowest first. */
  layers: Buffer[];
  manifest: Buffer;
  /** `sha256:…` of the config: Docker's image id. */
  id: string;
  /** Uncompressed, for archives. */
  tars: Buffer[];
}

/** The `config` part of an image's config blob (Docker Image Specification v1.2). */
export interface RunConfig {
  Env?: string[];
  Cmd?: string[];
  Entrypoint?: string[];
  WorkingDir?: string;
  User?: string;
  Volumes?: Record<string, object>;
  ExposedPorts?: Record<string, object>;
  Labels?: Record<string, string>;
  StopSignal?: string;
}

export interface Entry {
  name: string;
  type?: 'file' | 'directory' | 'symlink' | 'link' | 'fifo';
  mode?: number;
  uid?: number;
  gid?: number;
  content?: string | Buffer;
  linkname?: string;
  xattrs?: Record<string, string>;
}

/** When everything made here was made: equal inputs give equal bytes, and so equal image ids. */
const CREATED = '2025-01-01T00:00:00Z';

export async function layer(entries: Entry[]): Promise<Buffer> {
  const pack = tar.pack();
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? '');
    const type = entry.type ?? 'file';
    const pax = Object.fromEntries(Object.entries(entry.xattrs ?? {}).map(([key, value]) => [`SCHILY.xattr.${key}`, value]));
    pack.entry(
      {
        name: entry.name,
        type,
        mode: entry.mode ?? (type === 'directory' ? 0o755 : 0o644),
        uid: entry.uid ?? 0,
        gid: entry.gid ?? 0,
        mtime: new Date(CREATED),
        ...(entry.linkname === undefined ? {} : { linkname: entry.linkname }),
        ...(entry.xattrs ? { pax } : {}),
      },
      content,
    );
  }
  pack.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of pack) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

export interface ImageOptions {
  created?: string;
  /** May keep what it made: compressing a whole userland takes seconds. */
  compress?: (bytes: Buffer) => Buffer;
}

export function image(tars: Buffer[], run: RunConfig, options: ImageOptions = {}): BuiltImage {
  const { created = CREATED, compress = gzipSync } = options;
  const history = tars.map((_, index) => ({ created, created_by: `layer ${index}` }));
  const rootfs = { type: 'layers', diff_ids: tars.map(digest) };
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', created, config: run, rootfs, history }));
  const layers = tars.map((bytes) => compress(bytes));
  const manifest = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: blob('application/vnd.docker.container.image.v1+json', config),
    layers: layers.map((bytes) => blob('application/vnd.docker.image.rootfs.diff.tar.gzip', bytes)),
  };
  return { config, layers, manifest: Buffer.from(JSON.stringify(manifest)), id: digest(config), tars };
}

/** What `docker save` writes and `docker load` reads. */
export async function archive(built: BuiltImage, tags: string[]): Promise<Buffer> {
  const names = built.tars.map((bytes) => `${digest(bytes).slice(7)}/layer.tar`);
  const configName = `${built.id.slice(7)}.json`;
  const manifest = JSON.stringify([{ Config: configName, RepoTags: tags, Layers: names }]);
  const layers = names.flatMap((name, index): Entry[] => [{ name, content: built.tars[index] ?? Buffer.alloc(0) }]);
  return layer([...layers, { name: configName, content: built.config }, { name: 'manifest.json', content: manifest }]);
}

export function digest(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function blob(mediaType: string, bytes: Buffer): Blob {
  return { mediaType, size: bytes.length, digest: digest(bytes) };
}
